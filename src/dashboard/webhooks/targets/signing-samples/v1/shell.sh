#!/usr/bin/env bash
# Usage: verify.sh ID TIMESTAMP SIGNATURE < body
# The values of the webhook-id, webhook-timestamp and webhook-signature headers. Ends with 0 if the request is genuine.
set -euo pipefail -o noglob
id=$1 timestamp=$2 signatures=$3

[[ $timestamp =~ ^[1-9][0-9]{0,11}$ ]] || exit 1
age=$(($(date +%s) - timestamp))
((age <= 300 && age >= -300)) || exit 1

key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
expected=$({ printf '%s.%s.' "$id" "$timestamp" && cat; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
for each in $signatures; do
  if [[ $each == "v1,$expected" ]]; then exit 0; fi
done
exit 1

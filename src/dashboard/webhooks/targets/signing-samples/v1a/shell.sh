#!/usr/bin/env bash
# Usage: verify.sh ID TIMESTAMP SIGNATURE < body
# The values of the webhook-id, webhook-timestamp and webhook-signature headers. Ends with 0 if the request is genuine.
# Needs OpenSSL 3.
set -euo pipefail -o noglob
id=$1 timestamp=$2 signatures=$3
public_key=whpk_PUBLIC_KEY

[[ $timestamp =~ ^[1-9][0-9]{0,11}$ ]] || exit 1
age=$(($(date +%s) - timestamp))
((age <= 300 && age >= -300)) || exit 1

folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
# The key in the form that OpenSSL reads: a fixed head, then its 32 bytes.
{ printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00' &&
  printf %s "${public_key#whpk_}" | openssl base64 -d -A; } > "$folder/key"
{ printf '%s.%s.' "$id" "$timestamp" && cat; } > "$folder/signed"
for each in $signatures; do
  if [[ $each != v1a,* ]]; then continue; fi
  printf %s "${each#v1a,}" | openssl base64 -d -A > "$folder/signature" || continue
  if openssl pkeyutl -verify -pubin -keyform DER -inkey "$folder/key" -rawin -in "$folder/signed" \
    -sigfile "$folder/signature" > /dev/null 2>&1; then exit 0; fi
done
exit 1

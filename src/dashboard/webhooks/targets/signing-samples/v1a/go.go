package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

const publicKey = "whpk_PUBLIC_KEY"

// Call it as isGenuine(request.Header.Get, body), with the raw body, before anything parses it.
func isGenuine(header func(name string) string, body []byte) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(publicKey, "whpk_"))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return false
	}
	id, timestamp := header("webhook-id"), header("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return false
	}
	signed := append([]byte(id+"."+timestamp+"."), body...)
	for _, each := range strings.Split(header("webhook-signature"), " ") {
		text, isOurs := strings.CutPrefix(each, "v1a,")
		signature, err := base64.StdEncoding.DecodeString(text)
		if isOurs && err == nil && ed25519.Verify(key, signed, signature) {
			return true
		}
	}
	return false
}

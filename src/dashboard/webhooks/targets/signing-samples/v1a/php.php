<?php

const PUBLIC_KEY = 'whpk_PUBLIC_KEY';

/** Call it as isGenuine($_SERVER, file_get_contents('php://input')). */
function isGenuine(array $server, string $body): bool
{
    $key = base64_decode(substr(PUBLIC_KEY, strlen('whpk_')));
    $id = $server['HTTP_WEBHOOK_ID'] ?? '';
    $timestamp = $server['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > 300) {
        return false;
    }
    foreach (explode(' ', $server['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $each) {
        [$version, $text] = explode(',', $each, 2) + ['', ''];
        $signature = (string) base64_decode($text);
        if ($version !== 'v1a' || strlen($signature) !== SODIUM_CRYPTO_SIGN_BYTES) {
            continue;
        }
        if (sodium_crypto_sign_verify_detached($signature, "$id.$timestamp.$body", $key)) {
            return true;
        }
    }
    return false;
}

// AES-GCM of the BoringSSL that swift-crypto links in, called so that it writes into our memory.
//
// swift-crypto's own interface returns fresh memory and copies twice for each message: of messages
// of 16 KiB it seals 4.4 GB/s and opens 4.9 where these functions reach 10.7 (OpenSSL 3.0: 4.3).
// The functions and their arguments are BoringSSL's public <openssl/aead.h>; the prefix is
// swift-crypto's. Should a later swift-crypto rename them the link fails, nothing else can.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct bd_boring_aead bd_boring_aead;
typedef struct bd_boring_context bd_boring_context;

const bd_boring_aead *CCryptoBoringSSL_EVP_aead_aes_128_gcm(void);
const bd_boring_aead *CCryptoBoringSSL_EVP_aead_aes_256_gcm(void);

/// Expands a key once for many messages; NULL without memory or when the key has another length.
bd_boring_context *CCryptoBoringSSL_EVP_AEAD_CTX_new(
    const bd_boring_aead *aead, const uint8_t *key, size_t key_length, size_t tag_length);

/// Zeroes and frees the expanded key.
void CCryptoBoringSSL_EVP_AEAD_CTX_free(bd_boring_context *context);

/// Writes ciphertext and tag to `target`; 1 when done. A context may be used by several threads.
int CCryptoBoringSSL_EVP_AEAD_CTX_seal(
    const bd_boring_context *context, uint8_t *target, size_t *target_length,
    size_t target_length_max, const uint8_t *nonce, size_t nonce_length, const uint8_t *source,
    size_t source_length, const uint8_t *associated, size_t associated_length);

/// Checks the tag at the end of `source` and writes the plaintext; 1 when authentic, otherwise
/// `target` is zeroed.
int CCryptoBoringSSL_EVP_AEAD_CTX_open(
    const bd_boring_context *context, uint8_t *target, size_t *target_length,
    size_t target_length_max, const uint8_t *nonce, size_t nonce_length, const uint8_t *source,
    size_t source_length, const uint8_t *associated, size_t associated_length);

//! Keys and the three things done with them.

use super::VaultError;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of a key.
pub(super) const KEY: usize = 32;
/// Bytes of a nonce of XChaCha20-Poly1305: long enough to be random.
pub(crate) const NONCE: usize = 24;
/// Bytes of its tag.
pub(crate) const TAG: usize = 16;
/// Block of SHA-256, to which HMAC pads its key.
const BLOCK: usize = 64;

/// 32 secret bytes: wiped when dropped, never shown.
#[derive(Clone)]
pub(crate) struct Key(Zeroizing<[u8; KEY]>);

impl Key {
    pub(super) fn new(bytes: [u8; KEY]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    /// A key of its own for one purpose.
    pub(super) fn derive(&self, purpose: &[u8]) -> Self {
        Self::new(self.mac(&[b"registre/derive/1", purpose]))
    }

    /// HMAC-SHA-256 of parts, each preceded by its length (u32 little endian),
    /// so that no two lists of parts are hashed alike.
    pub(super) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut block = Zeroizing::new([0; BLOCK]);
        block[..KEY].copy_from_slice(self.bytes());
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new((&*block).into());
        for part in parts {
            // Parts are names and digests; a length above 32 bits cannot occur.
            mac.update(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// The first 16 bytes of [`Self::mac`].
    pub(super) fn short(&self, parts: &[&[u8]]) -> [u8; 16] {
        let full = self.mac(parts);
        let mut out = [0; 16];
        out.copy_from_slice(&full[..16]);
        out
    }
}

/// Nonce ‖ XChaCha20-Poly1305(key, nonce, associated data, clear).
pub(crate) fn seal(
    key: &Key,
    nonce: &[u8; NONCE],
    aad: &[u8],
    clear: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let cipher = XChaCha20Poly1305::new(key.bytes().into());
    let payload = Payload { msg: clear, aad };
    let sealed = cipher.encrypt(&XNonce::from(*nonce), payload);
    let sealed = sealed.map_err(|_| VaultError::Unsealable)?;
    let mut out = Vec::with_capacity(NONCE + sealed.len());
    out.extend_from_slice(nonce);
    out.extend_from_slice(&sealed);
    Ok(out)
}

/// Opens what [`seal`] made.
pub(crate) fn open(key: &Key, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(VaultError::Unsealed)?;
    let cipher = XChaCha20Poly1305::new(key.bytes().into());
    let payload = Payload { msg: sealed, aad };
    let clear = cipher.decrypt(&XNonce::from(*nonce), payload);
    clear.map(Zeroizing::new).map_err(|_| VaultError::Unsealed)
}

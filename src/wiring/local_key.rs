//! How a command finds the key of a server on the same machine.
//!
//! The key is in the server's data folder, for its owner's eyes only. In the state folder of that
//! user a small file, named by the address, says where: a command of the same user that names the
//! address finds the key, and nobody else does.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The file that says where the key of a running server is; dropped, it is removed.
#[derive(Debug)]
pub(super) struct LocalKey(PathBuf);

impl LocalKey {
    /// Says where the key of the server of that folder is. A user without a state folder names the
    /// key with `--key-file`.
    pub(super) fn publish(data: &Path, address: SocketAddr) -> Option<Self> {
        let pointer = pointer(address)?;
        pointer.parent().map(tidy);
        let written = pointer.parent().map(fs_err::create_dir_all).transpose().and_then(|_| {
            let key = fs_err::canonicalize(data)?.join("access").join("local.key");
            fs_err::write(&pointer, key.to_string_lossy().as_bytes())
        });
        match written {
            Ok(()) => Some(Self(pointer)),
            Err(error) => {
                tracing::warn!(%error, "commands will not find the key of this server by themselves");
                None
            }
        }
    }
}

impl Drop for LocalKey {
    fn drop(&mut self) {
        // Another server that took the address since says where its own is: that is lost to nobody.
        let _ = fs_err::remove_file(&self.0);
    }
}

/// The file of the key of the server at an address of this machine, when one runs there and is
/// this user's.
#[must_use]
pub fn local_key_of(address: SocketAddr) -> Option<PathBuf> {
    let said = fs_err::read_to_string(pointer(address)?).ok()?;
    Some(PathBuf::from(said)).filter(|key| key.is_file())
}

/// Removes what servers that were killed left, once their folders are gone.
fn tidy(state: &Path) {
    let Ok(entries) = fs_err::read_dir(state) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if fs_err::read_to_string(&path).is_ok_and(|key| !Path::new(&key).is_file()) {
            // Another server may have done it.
            let _ = fs_err::remove_file(&path);
        }
    }
}

fn pointer(address: SocketAddr) -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let state = named("XDG_STATE_HOME").or_else(|| Some(named("HOME")?.join(".local/state")))?;
    let name = format!("{}_{}.key-file", address.ip().to_canonical(), address.port());
    Some(state.join("registre").join(name.replace(':', "-")))
}

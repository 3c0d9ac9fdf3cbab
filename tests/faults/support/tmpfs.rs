//! A small disk of its own, that can be filled and made larger.

use super::tools;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file that takes the room.
const FILLER: &str = "filler";

/// A mounted tmpfs. Dropped, it is unmounted.
#[derive(Debug)]
pub struct Tmpfs {
    folder: PathBuf,
}

impl Tmpfs {
    /// Mounts one of so many bytes on a new folder.
    pub fn mount(folder: &Path, bytes: u64) -> Self {
        std::fs::create_dir(folder).unwrap();
        let (size, path) = (format!("size={bytes}"), folder.to_str().unwrap());
        let output = tools::output("mount", &["-t", "tmpfs", "-o", &size, "registre-faults", path]);
        assert!(
            output.status.success(),
            "a tmpfs cannot be mounted: {}; run the faults as root with CAP_SYS_ADMIN (in a \
             container: --cap-add SYS_ADMIN --security-opt apparmor=unconfined, or --privileged)",
            String::from_utf8_lossy(&output.stderr)
        );
        Self { folder: folder.to_owned() }
    }

    /// Gives it another size, in bytes.
    pub fn resize(&self, bytes: u64) {
        let (size, path) = (format!("remount,size={bytes}"), self.folder.to_str().unwrap());
        tools::need("mount", &["-o", &size, path]);
    }

    /// Fills it but for so many bytes.
    pub fn fill(&self, but: u64) {
        let mut file = std::fs::File::create(self.folder.join(FILLER)).unwrap();
        let (page, mut length) = (vec![1; 4096], 0);
        while file.write_all(&page).is_ok() {
            length += page.len() as u64;
        }
        file.set_len(length.saturating_sub(but)).unwrap();
    }

    /// Gives the room back.
    pub fn free(&self) {
        std::fs::remove_file(self.folder.join(FILLER)).unwrap();
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // Lazily: a server that a failed test leaves behind still has files open.
        tools::need("umount", &["-l", self.folder.to_str().unwrap()]);
    }
}

//! A file that only its owner reads.

use fs_err::os::unix::fs::OpenOptionsExt;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Writes a file that may name people: only its owner reads it. One that is there is replaced by another, so that neither
/// its mode nor whoever has it open lets others read; what is no file, as a pipe, is written as it is.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs_err::metadata(path) {
        Ok(there) if !there.is_file() => return fs_err::write(path, bytes),
        Ok(_) => fs_err::remove_file(path)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)?.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn one_that_is_there_is_replaced_with_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs_err::write(&path, "old").unwrap();
        fs_err::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        let mut open = fs_err::File::open(&path).unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(fs_err::read(&path).unwrap(), b"new");
        assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let mut seen = String::new();
        open.read_to_string(&mut seen).unwrap();
        assert_eq!(seen, "old");
        write(Path::new("/dev/null"), b"new").unwrap();
        assert!(!fs_err::metadata("/dev/null").unwrap().is_file());
    }
}

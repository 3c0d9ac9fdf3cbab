//! A file that only its owner reads.

use fs_err::os::unix::fs::OpenOptionsExt;
use ledger::random::{Random, SystemRandom};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Writes a file that may name people: only its owner reads it. One that is there is replaced by another, once that is
/// whole and durable, so that neither its mode nor whoever has it open lets others read; what is no file, as a pipe, is
/// written as it is.
///
/// # Errors
/// When it cannot be written; then the one that is there is as it was.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs_err::metadata(path) {
        Ok(there) if !there.is_file() => return fs_err::write(path, bytes),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    replace(path, |draft| draft.write_all(bytes))
}

/// Puts what is written in the place of a file.
fn replace(path: &Path, write: impl FnOnce(&mut fs_err::File) -> io::Result<()>) -> io::Result<()> {
    // Nobody's file has this name.
    let mut random = [0; 8];
    SystemRandom.fill(&mut random)?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.draft", seal::hex(&random)));
    let draft = Path::new(&draft);
    let mut options = fs_err::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(draft)?;
    let written = write(&mut file).and_then(|()| file.sync_all());
    let written = written.and_then(|()| fs_err::rename(draft, path));
    if written.is_err() {
        // It may name people, and nobody would look for it. What is told is why it is not whole.
        let _ = fs_err::remove_file(draft);
        return written;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    fs_err::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
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
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn one_that_is_there_stays_when_the_new_one_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs_err::write(&path, "old").unwrap();
        let full = |draft: &mut fs_err::File| {
            draft.write_all(b"half")?;
            assert_eq!(draft.metadata()?.permissions().mode() & 0o777, 0o600);
            assert_eq!(fs_err::read(&path)?, b"old", "it is there as long as the new one is not");
            Err(ErrorKind::StorageFull.into())
        };
        assert_eq!(replace(&path, full).unwrap_err().kind(), ErrorKind::StorageFull);
        assert_eq!(fs_err::read(&path).unwrap(), b"old");
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    }
}

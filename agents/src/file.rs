//! Files that are never seen half-written, and whose damage is noticed.

use std::io::Write;
use std::path::Path;

use serde::{Serialize, de::DeserializeOwned};

use crate::Error;

/// Writes `bytes` to a temporary file beside `path` and renames it: whatever fails, `path` holds either
/// what it held before or all of `bytes`.
///
/// # Errors
/// A folder that cannot be made or written, or a full disk.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(Error::file("creating", folder))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-");
    #[cfg(unix)]
    {
        // As any new file: readable by whom the umask lets.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(Error::file("writing", path))?;
    file.write_all(bytes).map_err(Error::file("writing", path))?;
    file.as_file().sync_all().map_err(Error::file("writing", path))?;
    file.persist(path).map_err(|error| Error::file("writing", path)(error.error))?;
    Ok(())
}

/// Bytes before the payload of a sealed file: its kind, and length and checksum of the payload.
const HEADER: usize = 20;

/// A payload under a header by which [`unseal`] knows it again: `kind`, the length (`u64`) and the CRC-32
/// (`u32`) of the payload, little-endian.
pub(crate) fn seal(kind: &[u8; 8], payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.extend(kind);
    bytes.extend((payload.len() as u64).to_le_bytes());
    bytes.extend(crc32fast::hash(payload).to_le_bytes());
    bytes.extend(payload);
    bytes
}

/// The payload of what [`seal`] made; `name` says in errors what it should be.
///
/// # Errors
/// What is wrong with the bytes.
pub(crate) fn unseal<'a>(kind: &[u8; 8], bytes: &'a [u8], name: &str) -> Result<&'a [u8], String> {
    if !bytes.starts_with(kind) {
        return Err(format!("this is not {name}, or one of another version"));
    }
    let (header, payload) = bytes
        .split_at_checked(HEADER)
        .ok_or_else(|| format!("it is cut off: {} bytes, and the header alone has {HEADER}", bytes.len()))?;
    let length = u64::from_le_bytes(header[8..16].try_into().expect("eight bytes"));
    if payload.len() as u64 != length {
        return Err(format!("it should hold {length} bytes and holds {}", payload.len()));
    }
    if crc32fast::hash(payload) != u32::from_le_bytes(header[16..20].try_into().expect("four bytes")) {
        return Err(String::from("its checksum is wrong: it is damaged"));
    }
    Ok(payload)
}

/// Writes `value`, sealed as `kind`, to `path`: all of it, or nothing.
///
/// # Errors
/// A folder that cannot be made or written, or a full disk.
pub(crate) fn save_sealed(kind: &[u8; 8], value: &impl Serialize, path: &Path) -> Result<(), Error> {
    let payload = postcard::to_stdvec(value).map_err(|error| Error::Checkpoint {
        path: path.to_owned(),
        reason: format!("it cannot be written: {error}"),
    })?;
    write_atomically(path, &seal(kind, &payload))
}

/// Reads what [`save_sealed`] wrote; `name` says in errors what it should be.
///
/// # Errors
/// A file that cannot be read, or is damaged, or something else.
pub(crate) fn load_sealed<T: DeserializeOwned>(kind: &[u8; 8], path: &Path, name: &str) -> Result<T, Error> {
    let bytes = std::fs::read(path).map_err(Error::file("reading", path))?;
    let value = unseal(kind, &bytes, name).and_then(|payload| {
        postcard::from_bytes(payload).map_err(|error| format!("its contents cannot be read: {error}"))
    });
    value.map_err(|reason| Error::Checkpoint { path: path.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_no_checkpoint_are_refused_with_a_reason() {
        let kind = b"PNTHTST\x01";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.checkpoint");
        let refuse = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            load_sealed::<Vec<u32>>(kind, &path, "a checkpoint of a test").unwrap_err().to_string()
        };
        assert!(refuse(b"PK a foreign file").contains("not a checkpoint of a test"));
        assert!(refuse(kind).contains("cut off"));
        let whole = seal(kind, &[1, 2, 3, 4]);
        assert!(refuse(&whole[..whole.len() - 1]).contains("holds 3"));
        let mut damaged = whole;
        damaged[21] ^= 1;
        assert!(refuse(&damaged).contains("checksum"));
        save_sealed(kind, &vec![7_u32, 8], &path).unwrap();
        assert_eq!(load_sealed::<Vec<u32>>(kind, &path, "a checkpoint of a test").unwrap(), [7, 8]);
    }
}

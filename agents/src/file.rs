//! Files that are never seen half-written.

use std::io::Write;
use std::path::Path;

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

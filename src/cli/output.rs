//! Where commands write: standard output that may be closed at any time, and files that appear whole
//! or not at all. A file is written beside its destination and renamed over it when it is complete.

use std::{
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::Context;

/// Writes what a run ended with as `evaluation.json` into its folder.
pub fn write_report(folder: &Path, report: &impl serde::Serialize) -> anyhow::Result<()> {
    write_file(&folder.join("evaluation.json"), |writer| Ok(serde_json::to_writer(writer, report)?))
}

/// Writes `path` through `write`. On an error the destination is as it was before.
///
/// Devices and pipes cannot be replaced by a rename and are written directly.
pub fn write_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let cannot_write = || format!("cannot write {}", path.display());
    let special = std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    if special {
        let file = std::fs::OpenOptions::new().write(true).open(path).with_context(cannot_write)?;
        let mut writer = BufWriter::new(file);
        write(&mut writer).with_context(cannot_write)?;
        return writer.flush().with_context(cannot_write);
    }
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pentathlon-").suffix(".tmp");
    #[cfg(unix)]
    {
        // What `File::create` would ask for; the user's mask applies.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let temporary = builder.tempfile_in(directory).with_context(|| {
        format!("{} (is {} a directory that you may write to?)", cannot_write(), directory.display())
    })?;
    let mut writer = BufWriter::new(temporary);
    write(&mut writer).with_context(cannot_write)?;
    let temporary = writer.into_inner().map_err(|error| error.into_error()).with_context(cannot_write)?;
    temporary.as_file().sync_all().with_context(cannot_write)?;
    temporary.persist(path).map_err(|error| error.error).with_context(cannot_write)?;
    Ok(())
}

/// Whether `path` could be written now: what takes long to find should not be lost at the end. Nothing is left there.
pub fn check_writable(path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        let open = std::fs::OpenOptions::new().append(true).open(path);
        return open.map(drop).with_context(|| format!("cannot write {}", path.display()));
    }
    write_file(path, |_| Ok(()))?;
    std::fs::remove_file(path).with_context(|| format!("cannot write {}", path.display()))
}

/// Writes `value` to standard output as one line of JSON.
pub fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string(value)?;
    text.push('\n');
    print(&text)
}

/// Writes `text` to standard output. A closed pipe is an error like any other, which `main` takes for
/// the reader having seen enough.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

/// Lines of `rows`, columns padded to equal width, two blanks between them.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, &width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.txt");
        write_file(&path, |writer| Ok(writer.write_all(b"old")?)).unwrap();
        let error = write_file(&path, |writer| {
            writer.write_all(b"new")?;
            anyhow::bail!("no more")
        });
        assert!(format!("{:#}", error.unwrap_err()).contains("out.txt"));
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_device_is_an_error() {
        let error = write_file(Path::new("/dev/full"), |writer| Ok(writer.write_all(b"text")?));
        assert!(format!("{:#}", error.unwrap_err()).contains("No space left"));
    }

    #[test]
    fn a_table_has_aligned_columns() {
        let rows = [vec!["a".into(), "bb".into()], vec!["ccc".into(), "d".into()]];
        assert_eq!(table(&rows), "a    bb\nccc  d\n");
    }
}

//! Sets a torn end of a stream aside, so that nothing of it is lost and the chain can go on.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::Error;
use super::payload::Recovered;
use crate::base::ContentAddress;

/// How many torn ends may stand beside one stream.
const MOST: u32 = 10_000;

/// Moves the bytes after offset `from` to `<stream>.torn-<n>`, durable before the stream is cut.
pub(super) fn set_aside(stream: &Path, from: u64) -> Result<Recovered, Error> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(stream)
        .map_err(|source| Error::of_io("open", stream, source))?;
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(from))
        .and_then(|_| file.read_to_end(&mut bytes))
        .map_err(|source| Error::of_io("read", stream, source))?;
    let kept = keep(stream, &bytes)?;
    file.set_len(from)
        .and_then(|()| file.sync_all())
        .map_err(|source| Error::of_io("cut the torn end of", stream, source))?;
    let name = kept.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Recovered { bytes: bytes.len() as u64, sha256: ContentAddress::of(&bytes), file: name })
}

fn keep(stream: &Path, bytes: &[u8]) -> Result<PathBuf, Error> {
    for number in 1..=MOST {
        let mut name: OsString = stream.as_os_str().to_owned();
        name.push(format!(".torn-{number}"));
        let path = PathBuf::from(name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(bytes)
                    .and_then(|()| file.sync_all())
                    .map_err(|source| Error::of_io("write", &path, source))?;
                return Ok(path);
            }
            // A process that died between the two writes left the same bytes here already.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                if std::fs::read(&path).is_ok_and(|there| there == bytes) {
                    return Ok(path);
                }
            }
            Err(source) => return Err(Error::of_io("write", &path, source)),
        }
    }
    Err(Error::Io {
        action: "set more torn ends aside for",
        path: stream.to_owned(),
        source: std::io::ErrorKind::QuotaExceeded.into(),
    })
}

//! Writes a pack and its index, in git's formats `pack` version 2 and `idx` version 2.
//!
//! Pack and index are both on the disk before either gets its name, and the pack is named first.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::Path;

use gix::hash::Hasher;
use gix::objs::Kind;
use gix::odb::pack::index::File as Index;
use gix::zlib::stream::deflate::{Compress, FlushCompress};
use gix::zlib::{Compression, Status};

use super::Error;
use super::persist::{Staged, make_directory, name_file, new_file, sync_directory, sync_file};
use super::store::from_gix;
use crate::hash::hex;
use crate::model::ObjectId;

/// Where one object lies in the pack.
struct Placed {
    id: ObjectId,
    offset: u64,
    checksum: u32,
}

/// An object as it stands in a pack: header, then deflated bytes.
type Entry<'a> = std::io::Result<(ObjectId, Cow<'a, [u8]>)>;

/// Writes `objects`, which must be sorted by name, each once; returns the pack's name, `pack-<hash>`.
pub(super) fn write(objects_dir: &Path, hash: gix::hash::Kind, objects: &[Staged]) -> Result<String, Error> {
    let directory = objects_dir.join("pack");
    if !directory.is_dir() {
        make_directory(&directory)?;
        sync_directory(objects_dir)?;
    }
    let mut deflater = Deflater::default();
    let entries = objects.iter().map(|(id, kind, bytes)| {
        let mut entry = entry_header(*kind, bytes.len());
        deflater.append(bytes, &mut entry)?;
        Ok((*id, Cow::from(entry)))
    });
    write_entries(&directory, hash, objects.len(), entries)
}

/// Writes one pack with the objects of the packs `names`, byte for byte as they stand there; returns its name.
///
/// # Errors
/// When one of them cannot be read, or is not what its index says.
pub(super) fn merge(directory: &Path, hash: gix::hash::Kind, names: &[String]) -> Result<String, Error> {
    let mut entries = BTreeMap::new();
    for name in names {
        gather(directory, hash, name, &mut entries)?;
    }
    let count = entries.len();
    write_entries(directory, hash, count, entries.into_iter().map(|(id, entry)| Ok((id, Cow::from(entry)))))
}

/// Reads the entries of one pack whose objects all stand whole, as [`write`] leaves them.
fn gather(
    directory: &Path,
    hash: gix::hash::Kind,
    name: &str,
    into: &mut BTreeMap<ObjectId, Vec<u8>>,
) -> Result<(), Error> {
    let path = directory.join(format!("{name}.pack"));
    let broken = |what: &str| Error::io("read", &path)(std::io::Error::other(what.to_owned()));
    let index = Index::at(directory.join(format!("{name}.idx")), hash)
        .map_err(|error| Error::io("read", &path)(std::io::Error::other(error.to_string())))?;
    let pack = std::fs::read(&path).map_err(Error::io("read", &path))?;
    let end = pack.len().checked_sub(hash.len_in_bytes()).ok_or_else(|| broken("it is too short"))?;
    let mut listed: Vec<_> = index.iter().collect();
    listed.sort_by_key(|entry| std::cmp::Reverse(entry.pack_offset));
    let mut next = end;
    for entry in listed {
        let start = usize::try_from(entry.pack_offset).map_err(|_| broken("an offset is too large"))?;
        let bytes = pack.get(start..next).ok_or_else(|| broken("an entry lies outside of it"))?;
        let whole = bytes.first().is_some_and(|first| (1..=4).contains(&(first >> 4 & 7)));
        if !whole || entry.crc32 != Some(crc32fast::hash(bytes)) {
            return Err(broken("an entry is not what the index says"));
        }
        into.insert(from_gix(entry.oid), bytes.to_vec());
        next = start;
    }
    Ok(())
}

/// Writes `count` entries, sorted by name, as a pack with its index.
fn write_entries<'a>(
    directory: &Path,
    hash: gix::hash::Kind,
    count: usize,
    entries: impl Iterator<Item = Entry<'a>>,
) -> Result<String, Error> {
    let pack = new_file(directory, "tmp_pack_", directory)?;
    let mut out = Hashed { inner: BufWriter::new(pack), hasher: gix::hash::hasher(hash), written: 0 };
    let placed = write_pack(&mut out, count, entries).map_err(Error::io("write", directory))?;
    let (trailer, pack) = out.finish().map_err(Error::io("write", directory))?;

    let index = new_file(directory, "tmp_idx_", directory)?;
    let mut out = Hashed { inner: BufWriter::new(index), hasher: gix::hash::hasher(hash), written: 0 };
    write_index(&mut out, &placed, &trailer).map_err(Error::io("write", directory))?;
    let (_, index) = out.finish().map_err(Error::io("write", directory))?;

    let name = format!("pack-{}", hex::encode(&trailer));
    let (pack_path, index_path) =
        (directory.join(format!("{name}.pack")), directory.join(format!("{name}.idx")));
    sync_file(&pack, &pack_path)?;
    sync_file(&index, &index_path)?;
    // git passes over an index without its pack, should a power cut keep the names in another order.
    name_file(pack, &pack_path)?;
    name_file(index, &index_path)?;
    sync_directory(directory)?;
    Ok(name)
}

fn write_pack<'a, W: Write>(
    out: &mut Hashed<W>,
    count: usize,
    entries: impl Iterator<Item = Entry<'a>>,
) -> std::io::Result<Vec<Placed>> {
    let count = u32::try_from(count).map_err(std::io::Error::other)?;
    out.write_all(b"PACK")?;
    out.write_all(&2_u32.to_be_bytes())?;
    out.write_all(&count.to_be_bytes())?;
    let mut placed = Vec::new();
    for entry in entries {
        let (id, bytes) = entry?;
        placed.push(Placed { id, offset: out.written, checksum: crc32fast::hash(&bytes) });
        out.write_all(&bytes)?;
    }
    Ok(placed)
}

/// Turns objects into zlib streams. Setting up the state that deflates costs more than storing a small one.
#[derive(Default)]
struct Deflater {
    fast: Option<Compress>,
}

/// Objects of fewer bytes are only wrapped: trees, commits and seals of that size get no smaller.
const SMALL: usize = 3 << 10;

/// Objects of this many bytes and more are tried on a sample first.
const SAMPLED: usize = 8 << 10;

/// Bytes of such a sample.
const SAMPLE: usize = 2 << 10;

impl Deflater {
    /// Appends `bytes` as one zlib stream; what gets hardly smaller, such as lists of digests, is only wrapped.
    fn append(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> std::io::Result<()> {
        if bytes.len() < SMALL {
            wrap(bytes, out);
            return Ok(());
        }
        let fast = self.fast.get_or_insert_with(|| Compress::new(Compression::BEST_SPEED));
        if bytes.len() >= SAMPLED {
            let middle = bytes.len() / 2;
            let mut tried = Vec::new();
            run(fast, &bytes[middle..middle + SAMPLE], &mut tried)?;
            if is_hardly_less(tried.len(), SAMPLE) {
                wrap(bytes, out);
                return Ok(());
            }
        }
        let start = out.len();
        run(fast, bytes, out)?;
        if is_hardly_less(out.len() - start, bytes.len()) {
            out.truncate(start);
            wrap(bytes, out);
        }
        Ok(())
    }
}

/// Says whether deflating saves less than an eighth: it is not worth inflating again.
fn is_hardly_less(deflated: usize, whole: usize) -> bool {
    deflated.saturating_mul(8) > whole.saturating_mul(7)
}

/// Appends a zlib stream (RFC 1950) of stored blocks (RFC 1951, section 3.2.4).
fn wrap(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() + bytes.len() / usize::from(u16::MAX) * 5 + 11);
    out.extend_from_slice(&[0x78, 0x01]);
    let mut rest = bytes;
    loop {
        let (block, after) = rest.split_at(rest.len().min(usize::from(u16::MAX)));
        out.push(u8::from(after.is_empty()));
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
        if after.is_empty() {
            break;
        }
        rest = after;
    }
    out.extend_from_slice(&adler32(bytes).to_be_bytes());
}

/// The checksum of RFC 1950, section 8.2.
fn adler32(bytes: &[u8]) -> u32 {
    const BASE: u32 = 65_521;
    let (mut low, mut high) = (1_u32, 0_u32);
    // As many bytes as no sum overflows with; within them sixteen at a time, which needs no one after another.
    for part in bytes.chunks(5_552) {
        let mut blocks = part.chunks_exact(16);
        for block in &mut blocks {
            let (mut sum, mut weighted) = (0, 0);
            for (byte, weight) in block.iter().zip((1..=16).rev()) {
                sum += u32::from(*byte);
                weighted += u32::from(*byte) * weight;
            }
            high += low * 16 + weighted;
            low += sum;
        }
        for byte in blocks.remainder() {
            low += u32::from(*byte);
            high += low;
        }
        (low, high) = (low % BASE, high % BASE);
    }
    high << 16 | low
}

/// Runs one stream to its end.
fn run(compress: &mut Compress, bytes: &[u8], out: &mut Vec<u8>) -> std::io::Result<()> {
    let failed = |error: gix::Error| std::io::Error::other(error.to_string());
    let place = |total: u64| usize::try_from(total).map_err(std::io::Error::other);
    compress.reset();
    let start = out.len();
    loop {
        let (taken, made) = (place(compress.total_in())?, place(compress.total_out())?);
        out.resize(start + made + (bytes.len() - taken) + bytes.len() / 64 + 128, 0);
        let room = &mut out[start + made..];
        let status = compress.compress(&bytes[taken..], room, FlushCompress::Finish).map_err(failed)?;
        if matches!(status, Status::StreamEnd) {
            out.truncate(start + place(compress.total_out())?);
            return Ok(());
        }
    }
}

/// Kind and size of an object, seven bits a byte, the first byte holding four of them.
fn entry_header(kind: Kind, size: usize) -> Vec<u8> {
    let kind: u8 = match kind {
        Kind::Commit => 1,
        Kind::Tree => 2,
        Kind::Blob => 3,
        Kind::Tag => 4,
    };
    let low = |size: usize, mask: u8| size.to_le_bytes()[0] & mask;
    let mut header = vec![kind << 4 | low(size, 0x0f)];
    let mut rest = size >> 4;
    while rest > 0 {
        if let Some(last) = header.last_mut() {
            *last |= 0x80;
        }
        header.push(low(rest, 0x7f));
        rest >>= 7;
    }
    header
}

fn write_index<W: Write>(out: &mut Hashed<W>, placed: &[Placed], trailer: &[u8]) -> std::io::Result<()> {
    out.write_all(b"\xfftOc")?;
    out.write_all(&2_u32.to_be_bytes())?;
    for first in 0..=u8::MAX {
        let up_to = placed.partition_point(|object| object.id.as_bytes()[0] <= first);
        out.write_all(&u32::try_from(up_to).map_err(std::io::Error::other)?.to_be_bytes())?;
    }
    for object in placed {
        out.write_all(object.id.as_bytes())?;
    }
    for object in placed {
        out.write_all(&object.checksum.to_be_bytes())?;
    }
    // Offsets of two gigabytes and more stand in a table of their own.
    let mut large = Vec::new();
    for object in placed {
        let short = u32::try_from(object.offset).ok().filter(|offset| *offset < 1 << 31);
        let short = match short {
            Some(offset) => offset,
            None => {
                large.push(object.offset);
                1 << 31 | u32::try_from(large.len() - 1).map_err(std::io::Error::other)?
            }
        };
        out.write_all(&short.to_be_bytes())?;
    }
    for offset in large {
        out.write_all(&offset.to_be_bytes())?;
    }
    out.write_all(trailer)
}

/// A writer that hashes and counts what passes through it.
struct Hashed<W: Write> {
    inner: BufWriter<W>,
    hasher: Hasher,
    written: u64,
}

impl<W: Write> Hashed<W> {
    /// Appends the hash of everything before it, and returns the hash and the file.
    fn finish(mut self) -> std::io::Result<(Vec<u8>, W)> {
        let trailer = self.hasher.try_finalize().map_err(std::io::Error::other)?;
        self.inner.write_all(trailer.as_slice())?;
        let file = self.inner.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        Ok((trailer.as_slice().to_vec(), file))
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.inner.write_all(bytes)?;
        self.hasher.update(bytes);
        self.written += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_deflated_inflates_to_the_same() {
        let mut noise = 1_u32;
        let mut random = |length: usize| -> Vec<u8> {
            let step = |_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                noise.to_be_bytes()[0]
            };
            (0..length).map(step).collect()
        };
        let mut deflater = Deflater::default();
        let contents = [0, 1, 100, SMALL - 1, SMALL, SAMPLED - 1, SAMPLED, 65_535, 70_000, 200_000]
            .into_iter()
            .flat_map(|length| {
                [random(length), b"one line\n".iter().copied().cycle().take(length).collect()]
            });
        for content in contents {
            let mut packed = b"header".to_vec();
            deflater.append(&content, &mut packed).unwrap();
            let mut inflated = vec![0; content.len()];
            let (status, ..) = gix::zlib::Inflate::default().once(&packed[6..], &mut inflated).unwrap();
            assert!(matches!(status, Status::StreamEnd), "{}", content.len());
            assert_eq!(inflated, content);
            assert!(packed.len() < content.len() + 64, "{}", content.len());
        }
        assert_eq!(adler32(&[0xff; 6_000]), 0xa497_59ea);
    }

    #[test]
    fn sizes_are_written_seven_bits_a_byte() {
        assert_eq!(entry_header(Kind::Blob, 5), [0x35]);
        assert_eq!(entry_header(Kind::Commit, 16), [0x90, 0x01]);
        assert_eq!(entry_header(Kind::Tree, 0x0fff), [0xaf, 0xff, 0x01]);
    }
}

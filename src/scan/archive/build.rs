//! Makes archives for tests, honest ones and others.

use zlib_rs::{DeflateConfig, ReturnCode};

/// Packs bytes as raw deflate data.
pub(in crate::scan) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut packed = vec![0; zlib_rs::compress_bound(bytes.len())];
    let config = DeflateConfig { window_bits: -15, ..DeflateConfig::best_compression() };
    let (packed, code) = zlib_rs::compress_slice(&mut packed, bytes, config);
    assert_eq!(code, ReturnCode::Ok);
    packed.to_vec()
}

/// Packs bytes as gzip does.
pub(in crate::scan) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec();
    packed.extend(deflate(bytes));
    packed.extend(crc32fast::hash(bytes).to_le_bytes());
    packed.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
    packed
}

/// A member of a zip archive, with all that its headers say.
#[derive(Clone)]
pub(in crate::scan) struct Part {
    pub(in crate::scan) name: Vec<u8>,
    pub(in crate::scan) method: u16,
    pub(in crate::scan) flags: u16,
    pub(in crate::scan) data: Vec<u8>,
    /// How long it says that it is.
    pub(in crate::scan) size: u32,
    /// Where the directory says that it is; `None`: where it is.
    pub(in crate::scan) place: Option<u32>,
    /// How long it says that its data is; `None`: as long as it is.
    pub(in crate::scan) packed: Option<u32>,
}

impl Part {
    pub(in crate::scan) fn deflated(name: &str, bytes: &[u8]) -> Self {
        let size = u32::try_from(bytes.len()).unwrap();
        Self { name: name.into(), method: 8, flags: 0, data: deflate(bytes), size, place: None, packed: None }
    }

    pub(in crate::scan) fn stored(name: &str, bytes: &[u8]) -> Self {
        Self { method: 0, data: bytes.to_vec(), ..Self::deflated(name, bytes) }
    }
}

/// Packs members into a zip archive.
pub(in crate::scan) fn zip(parts: &[Part]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for part in parts {
        let place = part.place.unwrap_or(u32::try_from(archive.len()).unwrap());
        let mut fields = Vec::new();
        for field in [20, part.flags, part.method, 0, 0] {
            fields.extend(field.to_le_bytes());
        }
        let packed = part.packed.unwrap_or(u32::try_from(part.data.len()).unwrap());
        for field in [0, packed, part.size] {
            fields.extend(field.to_le_bytes());
        }
        fields.extend(u16::try_from(part.name.len()).unwrap().to_le_bytes());
        fields.extend([0, 0]);
        archive.extend(b"PK\x03\x04");
        archive.extend(&fields);
        archive.extend(&part.name);
        archive.extend(&part.data);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&fields);
        directory.extend([0; 10]);
        directory.extend(place.to_le_bytes());
        directory.extend(&part.name);
    }
    let (start, count) =
        (u32::try_from(archive.len()).unwrap(), u16::try_from(parts.len()).unwrap_or(u16::MAX));
    let size = u32::try_from(directory.len()).unwrap();
    archive.extend(directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    archive.extend([size.to_le_bytes(), start.to_le_bytes()].concat());
    archive.extend([0, 0]);
    archive
}

/// Makes one header of tar, with what belongs to it.
pub(in crate::scan) fn tar_entry(name: &str, kind: u8, bytes: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
    block[148..156].fill(b' ');
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block.extend(bytes);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

/// Packs files as tar does.
pub(in crate::scan) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive: Vec<u8> = files.iter().flat_map(|(name, bytes)| tar_entry(name, b'0', bytes)).collect();
    archive.resize(archive.len() + 1024, 0);
    archive
}

//! TensorBoard event files: a sequence of TFRecords, each a protocol-buffer `Event` with scalar
//! summaries.
//!
//! A TFRecord is `length: u64, masked CRC-32C of the length: u32, data, masked CRC-32C of the data: u32`,
//! little-endian (`tensorflow/core/lib/io/record_writer.h`); the messages are those of
//! `tensorflow/core/util/event.proto` and `summary.proto`, of which scalars need six fields.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crc::{CRC_32_ISCSI, Crc};

use crate::Error;

static CRC_32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// An event file that is being written.
#[derive(Debug)]
pub struct EventFile {
    path: PathBuf,
    file: File,
}

impl EventFile {
    /// A new event file in `folder`. `name` ends the file's name and tells runs of one second apart.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn create(folder: &Path, name: &str) -> Result<Self, Error> {
        let now = wall_time();
        let path = folder.join(format!("events.out.tfevents.{:010}.{name}", now as u64));
        let file = File::create(&path).map_err(Error::file("creating", &path))?;
        let mut events = Self { path, file };
        let mut event = Message::default();
        event.double(1, now);
        event.bytes(3, b"brain.Event:2");
        events.write(&event)?;
        Ok(events)
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends the value of each named scalar at `step`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn scalars(&mut self, step: u64, scalars: &[(&str, f64)]) -> Result<(), Error> {
        let mut summary = Message::default();
        for (name, value) in scalars {
            let mut scalar = Message::default();
            scalar.bytes(1, name.as_bytes());
            scalar.float(2, *value as f32);
            summary.bytes(1, &scalar.0);
        }
        let mut event = Message::default();
        event.double(1, wall_time());
        event.varint(2, step);
        event.bytes(5, &summary.0);
        self.write(&event)
    }

    fn write(&mut self, Message(data): &Message) -> Result<(), Error> {
        let length = (data.len() as u64).to_le_bytes();
        let mut record = length.to_vec();
        record.extend(masked_checksum(&length).to_le_bytes());
        record.extend(data);
        record.extend(masked_checksum(data).to_le_bytes());
        self.file.write_all(&record).map_err(Error::file("writing", &self.path))
    }
}

/// Seconds since 1970.
fn wall_time() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

/// The checksum of a TFRecord: rotated and shifted, so that records within records have other ones.
fn masked_checksum(data: &[u8]) -> u32 {
    CRC_32C.checksum(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// A protocol-buffer message: numbered fields, each with its wire type.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn key(&mut self, field: u64, wire_type: u64) {
        self.raw_varint(field << 3 | wire_type);
    }

    fn raw_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn varint(&mut self, field: u64, value: u64) {
        self.key(field, 0);
        self.raw_varint(value);
    }

    fn double(&mut self, field: u64, value: f64) {
        self.key(field, 1);
        self.0.extend(value.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, value: &[u8]) {
        self.key(field, 2);
        self.raw_varint(value.len() as u64);
        self.0.extend(value);
    }

    fn float(&mut self, field: u64, value: f32) {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    enum Field {
        Varint(u64),
        Fixed64([u8; 8]),
        Bytes(Vec<u8>),
        Fixed32([u8; 4]),
    }

    fn varint(data: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let byte = data[0];
            *data = &data[1..];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    }

    fn take<'a>(data: &mut &'a [u8], count: usize) -> &'a [u8] {
        let (taken, rest) = data.split_at(count);
        *data = rest;
        taken
    }

    fn parse(mut data: &[u8]) -> Vec<(u64, Field)> {
        let mut fields = Vec::new();
        while !data.is_empty() {
            let key = varint(&mut data);
            let field = match key & 7 {
                0 => Field::Varint(varint(&mut data)),
                1 => Field::Fixed64(take(&mut data, 8).try_into().unwrap()),
                2 => {
                    let length = varint(&mut data) as usize;
                    Field::Bytes(take(&mut data, length).to_vec())
                }
                5 => Field::Fixed32(take(&mut data, 4).try_into().unwrap()),
                other => panic!("wire type {other}"),
            };
            fields.push((key >> 3, field));
        }
        fields
    }

    fn records(mut data: &[u8]) -> Vec<Vec<(u64, Field)>> {
        let mut records = Vec::new();
        while !data.is_empty() {
            let length = take(&mut data, 8);
            assert_eq!(masked_checksum(length).to_le_bytes(), take(&mut data, 4));
            let record = take(&mut data, u64::from_le_bytes(length.try_into().unwrap()) as usize);
            assert_eq!(masked_checksum(record).to_le_bytes(), take(&mut data, 4));
            records.push(parse(record));
        }
        records
    }

    #[test]
    fn the_checksum_is_that_of_rfc_3720_masked() {
        // RFC 3720, B.4: 32 bytes of zeros have CRC-32C 0x8a9136aa.
        assert_eq!(CRC_32C.checksum(&[0; 32]), 0x8a91_36aa);
        assert_eq!(masked_checksum(&[0; 32]), 0x8a91_36aa_u32.rotate_right(15).wrapping_add(0xa282_ead8));
    }

    #[test]
    fn events_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut events = EventFile::create(folder.path(), "test").unwrap();
        events.scalars(300, &[("train/return", 0.5), ("train/success", 1.0)]).unwrap();
        let records = records(&std::fs::read(events.path()).unwrap());
        assert_eq!(records.len(), 2);
        assert_eq!(records[0][1], (3, Field::Bytes(b"brain.Event:2".to_vec())));
        assert!(matches!(records[1][0], (1, Field::Fixed64(_))));
        assert_eq!(records[1][1], (2, Field::Varint(300)));
        let (5, Field::Bytes(summary)) = &records[1][2] else { panic!("{:?}", records[1]) };
        let scalars: Vec<_> = parse(summary)
            .into_iter()
            .map(|(field, value)| match (field, value) {
                (1, Field::Bytes(value)) => parse(&value),
                other => panic!("{other:?}"),
            })
            .collect();
        let scalar = |name: &[u8], value: f32| {
            vec![(1, Field::Bytes(name.to_vec())), (2, Field::Fixed32(value.to_le_bytes()))]
        };
        assert_eq!(scalars, [scalar(b"train/return", 0.5), scalar(b"train/success", 1.0)]);
    }
}

//! The record of one apply, as the labels of a volume: who, when, and the applied project as compressed JSON.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::label::{self, Labels};
use super::{AppliedRecord, own};
use crate::model::{ProjectName, VolumeName};

/// More than this is no record of ours: the largest spec that is read has 16 MiB.
const LIMIT: u64 = 256 << 20;

/// The label's value.
pub fn encode(project: &Value) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(project.to_string().as_bytes()).expect("writing into memory does not fail");
    STANDARD.encode(encoder.finish().expect("writing into memory does not fail"))
}

/// Reads a label's value. `None` if it is not one that [`encode`] wrote.
pub fn decode(label: &str) -> Option<Value> {
    let bytes = STANDARD.decode(label).ok()?;
    let mut text = String::new();
    ZlibDecoder::new(bytes.as_slice()).take(LIMIT).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// Who and when, in [`label::VALUE`].
#[derive(Serialize, Deserialize)]
struct Stamp {
    /// RFC 3339.
    at: String,
    by: String,
}

/// All labels of the record volume ([`own::record`] names it).
pub fn labels(project: &ProjectName, at: Timestamp, by: &str, applied: &Value) -> Labels {
    let stamp =
        serde_json::to_string(&Stamp { at: at.to_string(), by: by.to_owned() }).expect("two texts have a JSON form");
    [
        (label::ENV, project.to_string()),
        (label::KIND, label::KIND_RECORD.to_owned()),
        (label::SCHEMA, super::record::SCHEMA.to_string()),
        (label::VALUE, stamp),
        (label::APPLIED, encode(applied)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

/// Reads a record volume. `None` for what [`labels`] did not write.
pub fn read(project: &ProjectName, volume: &VolumeName, labels: &Labels) -> Option<AppliedRecord> {
    let Stamp { at, by } = serde_json::from_str(labels.get(label::VALUE)?).ok()?;
    Some(AppliedRecord {
        sequence: own::record_sequence(project, volume)?,
        volume: volume.clone(),
        at: at.parse().ok()?,
        by,
        project: decode(labels.get(label::APPLIED)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_applied_project_survives_the_label() {
        let project = json!({"name": "lab", "services": {"web": {"scale": 2, "text": "ü"}}});
        assert_eq!(decode(&encode(&project)), Some(project));
    }

    #[test]
    fn a_record_is_read_back_from_its_labels() {
        let (project, at) = (ProjectName::new("lab"), Timestamp::UNIX_EPOCH);
        let volume = own::record(&project, 7);
        let labels = labels(&project, at, "ada@host", &json!({"name": "lab"}));
        assert_eq!(own::own(&project, &volume, &labels), Some(own::Own::Record));
        let record = read(&project, &volume, &labels).expect("it was just written");
        assert_eq!((record.sequence, record.at, record.by.as_str()), (7, at, "ada@host"));
        assert_eq!(read(&project, &volume, &Labels::new()), None);
    }

    #[test]
    fn a_strange_label_is_no_record() {
        assert_eq!(decode("not base64"), None);
        assert_eq!(decode(&STANDARD.encode("not zlib")), None);
    }
}

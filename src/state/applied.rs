//! The record of one apply, as the labels of a volume: who, when, on which images, and the applied project as
//! compressed JSON.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::label::{self, Labels};
use super::{AppliedProject, AppliedRecord, ImageId, note, own};
use crate::model::{Content, ImageRef, Key, ProjectName, VolumeName};

/// More than this is no record of ours: the largest spec that is read has 16 MiB.
const LIMIT: u64 = 256 << 20;

/// The label's value.
pub fn encode(project: &AppliedProject) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(project.value().to_string().as_bytes()).expect("writing into memory does not fail");
    STANDARD.encode(encoder.finish().expect("writing into memory does not fail"))
}

/// Reads a label's value. `None` if it is not one that [`encode`] wrote.
pub fn decode(label: &str) -> Option<AppliedProject> {
    let bytes = STANDARD.decode(label).ok()?;
    let mut text = String::new();
    ZlibDecoder::new(bytes.as_slice()).take(LIMIT).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// What stands in a record for a value that looks secret.
pub fn hidden(text: &str, key: &Key) -> String {
    Content::new(text.as_bytes()).keyed(key)
}

pub use crate::diff::is_hidden;

/// Everything beside the project, in [`label::VALUE`].
#[derive(Serialize, Deserialize)]
struct Stamp {
    /// RFC 3339.
    at: String,
    by: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    partial: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    images: BTreeMap<ImageRef, ImageId>,
}

/// All labels of the record volume ([`own::record`] names it).
pub fn labels(
    project: &ProjectName,
    at: Timestamp,
    by: &str,
    partial: bool,
    images: BTreeMap<ImageRef, ImageId>,
    applied: &AppliedProject,
) -> Labels {
    let stamp = Stamp { at: at.to_string(), by: by.to_owned(), partial, images };
    let stamp = serde_json::to_string(&stamp).expect("texts have a JSON form");
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
    let Stamp { at, by, partial, images } = serde_json::from_str(labels.get(label::VALUE)?).ok()?;
    Some(AppliedRecord {
        sequence: own::record_sequence(project, volume)?,
        note: note::name(volume),
        at: at.parse().ok()?,
        by,
        partial,
        images,
        project: decode(labels.get(label::APPLIED)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_applied_project_survives_the_label() {
        let project = AppliedProject::of(json!({"name": "lab", "services": {"web": {"scale": 2, "text": "ü"}}}));
        assert_eq!(decode(&encode(&project)), Some(project));
    }

    #[test]
    fn a_record_is_read_back_from_its_labels() {
        let (project, at) = (ProjectName::new("lab"), Timestamp::UNIX_EPOCH);
        let volume = note::volume(&own::record(&project, 7));
        let images = BTreeMap::from([("busybox".into(), ImageId("sha256:1".to_owned()))]);
        let labels =
            labels(&project, at, "ada@host", true, images.clone(), &AppliedProject::of(json!({"name": "lab"})));
        assert_eq!(own::own(&project, &volume, &labels), Some(own::Own::Record));
        let record = read(&project, &volume, &labels).expect("it was just written");
        assert_eq!((record.sequence, record.at, record.by.as_str()), (7, at, "ada@host"));
        assert_eq!((record.images, record.partial), (images, true));
        assert_eq!(read(&project, &volume, &Labels::new()), None);
    }

    #[test]
    fn a_record_from_before_images_were_noted_is_read() {
        let (project, at) = (ProjectName::new("lab"), Timestamp::UNIX_EPOCH);
        let mut labels =
            labels(&project, at, "ada@host", false, BTreeMap::new(), &AppliedProject::of(json!({"name": "lab"})));
        assert_eq!(labels[label::VALUE], r#"{"at":"1970-01-01T00:00:00Z","by":"ada@host"}"#);
        labels.insert(label::VALUE.to_owned(), r#"{"at":"1970-01-01T00:00:00Z","by":"ada@host","more":1}"#.to_owned());
        assert!(
            read(&project, &note::volume(&own::record(&project, 1)), &labels).is_some(),
            "nor does a later one stand in the way"
        );
    }

    #[test]
    fn a_strange_label_is_no_record() {
        assert_eq!(decode("not base64"), None);
        assert_eq!(decode(&STANDARD.encode("not zlib")), None);
    }
}

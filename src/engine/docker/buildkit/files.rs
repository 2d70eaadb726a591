//! Folders of this machine, for the build: the engine asks for a list, compares it with what it has from the last time,
//! and asks for the files that differ (BuildKit's file transfer, `fsutil`). Files are read piece by piece as they are
//! sent, so a large context takes no more memory than a small one.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bollard_buildkit_proto::fsutil::types::packet::PacketType;
use bollard_buildkit_proto::fsutil::types::{Packet, Stat};
use bollard_buildkit_proto::moby::filesync::packet::file_sync_server::FileSync;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::sync::mpsc;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

use crate::context::{Folder, Kind, regular};

/// Bytes of a file in one message.
const PIECE: usize = 32 << 10;
/// Messages that wait for the engine.
const PIECES: usize = 16;
/// Go's bits for what is no plain file, above the permissions.
const GO_FOLDER: u32 = 1 << 31;
const GO_LINK: u32 = 1 << 27;
const GO_SETUID: u32 = 1 << 23;
const GO_SETGID: u32 = 1 << 22;
const GO_STICKY: u32 = 1 << 20;

/// What the engine may ask for, by the name under which the build knows it.
pub(super) struct Sources(pub BTreeMap<String, Arc<Source>>);

/// One of them.
pub(super) enum Source {
    /// A folder, after its rules.
    Folder(Folder),
    /// One file that is in memory: the Dockerfile.
    Text {
        /// Its name.
        name: String,
        /// What it holds.
        text: Vec<u8>,
    },
}

/// An entry of a source: where it is read from, and what is said of it.
struct Item {
    stat: Stat,
    content: Body,
}

enum Body {
    Nothing,
    File(PathBuf),
    Text(Vec<u8>),
}

#[tonic::async_trait]
impl FileSync for Sources {
    type DiffCopyStream = BoxStream<'static, Result<Packet, Status>>;

    async fn diff_copy(&self, request: Request<Streaming<Packet>>) -> Result<Response<Self::DiffCopyStream>, Status> {
        let name = texts(request.metadata(), "dir-name").into_iter().next().unwrap_or_default();
        let source = self.0.get(&name).ok_or_else(|| Status::not_found(format!("no folder `{name}` is lent")))?;
        // The rules are applied here; the engine shall find none, and apply none.
        let only_rules = texts(request.metadata(), "followpaths") == [".dockerignore"];
        let source = (!only_rules).then(|| source.clone());
        let (sender, packets) = mpsc::channel(PIECES);
        let (asks, asked) = std::sync::mpsc::channel();
        let mut heard = request.into_inner();
        tokio::spawn(async move {
            while let Some(Ok(packet)) = heard.next().await {
                if asks.send(packet).is_err() {
                    break;
                }
            }
        });
        tokio::task::spawn_blocking(move || {
            if let Err(error) = serve(source.as_deref(), &asked, &sender) {
                sender.blocking_send(Err(Status::aborted(error.to_string()))).ok();
            }
        });
        Ok(Response::new(super::received(packets)))
    }

    type TarStreamStream = BoxStream<'static, Result<Packet, Status>>;

    async fn tar_stream(&self, _: Request<Streaming<Packet>>) -> Result<Response<Self::TarStreamStream>, Status> {
        Err(Status::unimplemented("folders are sent by difference"))
    }
}

/// All values of a key.
fn texts(metadata: &MetadataMap, key: &str) -> Vec<String> {
    metadata.get_all(key).iter().filter_map(|value| value.to_str().ok().map(str::to_owned)).collect()
}

type Sender = mpsc::Sender<Result<Packet, Status>>;

/// The list, then the files that are asked for, until the engine says that it has all.
fn serve(source: Option<&Source>, asked: &std::sync::mpsc::Receiver<Packet>, sender: &Sender) -> io::Result<()> {
    let items = source.map(items).transpose()?.unwrap_or_default();
    for item in &items {
        send(sender, PacketType::PacketStat, Packet { stat: Some(item.stat.clone()), ..Packet::default() })?;
    }
    send(sender, PacketType::PacketStat, Packet::default())?;
    for packet in asked {
        match PacketType::try_from(packet.r#type) {
            Ok(PacketType::PacketReq) => {
                let item = usize::try_from(packet.id).ok().and_then(|at| items.get(at));
                let item = item.ok_or_else(|| io::Error::other("the engine asks for a file that was not offered"))?;
                give(item, packet.id, sender)?;
            }
            Ok(PacketType::PacketFin) => return send(sender, PacketType::PacketFin, Packet::default()),
            Ok(PacketType::PacketErr) => return Ok(()),
            Ok(PacketType::PacketStat | PacketType::PacketData) | Err(_) => {}
        }
    }
    Ok(())
}

fn send(sender: &Sender, kind: PacketType, packet: Packet) -> io::Result<()> {
    let packet = Packet { r#type: kind.into(), ..packet };
    sender.blocking_send(Ok(packet)).map_err(|_| io::ErrorKind::BrokenPipe.into())
}

/// One file in pieces, and an empty one behind.
fn give(item: &Item, id: u32, sender: &Sender) -> io::Result<()> {
    let mut reader: Box<dyn Read + '_> = match &item.content {
        Body::Nothing => Box::new(io::empty()),
        Body::Text(text) => Box::new(text.as_slice()),
        Body::File(path) => Box::new(regular::open_itself(path).map_err(|error| named(path, &error))?),
    };
    loop {
        let mut data = vec![0; PIECE];
        let read = reader.read(&mut data)?;
        data.truncate(read);
        send(sender, PacketType::PacketData, Packet { id, data, ..Packet::default() })?;
        if read == 0 {
            return Ok(());
        }
    }
}

fn named(path: &std::path::Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("the build context cannot be sent: {}: {error}", path.display()))
}

/// In the order that the engine expects: by the parts of their paths.
fn items(source: &Source) -> io::Result<Vec<Item>> {
    match source {
        Source::Text { name, text } => {
            let size = i64::try_from(text.len()).unwrap_or(i64::MAX);
            // Always as if it were new: what is as large and as old as the last one would not be asked for.
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let mod_time = i64::try_from(now.as_nanos()).unwrap_or(i64::MAX);
            let stat = Stat { path: name.clone(), mode: 0o644, size, mod_time, ..Stat::default() };
            Ok(vec![Item { stat, content: Body::Text(text.clone()) }])
        }
        Source::Folder(folder) => {
            let mut items = Vec::with_capacity(folder.entries.len());
            let mut entries: Vec<_> = folder.entries.iter().filter(|entry| folder.is_seen(entry)).collect();
            entries.sort_by(|a, b| a.path.cmp(&b.path));
            for entry in entries {
                let full = folder.root.join(&entry.path);
                let metadata = fs::symlink_metadata(&full).map_err(|error| named(&full, &error))?;
                let path = entry.path.to_str().ok_or_else(|| {
                    io::Error::other(format!("the name {} is no UTF-8: BuildKit takes no other", full.display()))
                })?;
                let (size, linkname, content) = match &entry.kind {
                    Kind::Folder => (0, String::new(), Body::Nothing),
                    Kind::Link(target) => (0, target.to_string_lossy().into_owned(), Body::Nothing),
                    Kind::File => (metadata.len(), String::new(), Body::File(full)),
                };
                let stat = Stat {
                    path: path.to_owned(),
                    mode: go_mode(entry.mode, &entry.kind),
                    size: i64::try_from(size).unwrap_or(i64::MAX),
                    mod_time: metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec()),
                    linkname,
                    ..Stat::default()
                };
                items.push(Item { stat, content });
            }
            Ok(items)
        }
    }
}

/// Permissions as Go writes them. Files belong to the user 0, as in every build.
fn go_mode(mode: u32, kind: &Kind) -> u32 {
    let special = [(0o4000, GO_SETUID), (0o2000, GO_SETGID), (0o1000, GO_STICKY)];
    let special: u32 = special.into_iter().filter(|(bit, _)| mode & bit != 0).map(|(_, go)| go).sum();
    match kind {
        Kind::Folder => GO_FOLDER | special | (mode & 0o777),
        Kind::Link(_) => GO_LINK | 0o777,
        Kind::File => special | (mode & 0o777),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_written_as_go_does() {
        assert_eq!(go_mode(0o755, &Kind::Folder), 0x8000_01ed);
        assert_eq!(go_mode(0o4755, &Kind::File), GO_SETUID | 0o755);
        assert_eq!(go_mode(0o777, &Kind::Link(PathBuf::new())), GO_LINK | 0o777);
    }

    #[test]
    fn a_folder_is_listed_and_what_is_asked_for_is_given() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in
            [("a-b", "x"), ("a/c", "inside"), ("Dockerfile", "FROM scratch"), (".dockerignore", "Dockerfile")]
        {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let opened = Folder::open(folder.path(), &crate::model::Dockerfile::default()).unwrap();
        let (sender, mut packets) = mpsc::channel(100);
        let (asks, asked) = std::sync::mpsc::channel();
        for (kind, id) in [(PacketType::PacketReq, 2), (PacketType::PacketFin, 0)] {
            asks.send(Packet { r#type: kind.into(), id, ..Packet::default() }).unwrap();
        }
        serve(Some(&Source::Folder(opened)), &asked, &sender).unwrap();
        drop(sender);
        let mut told = Vec::new();
        while let Some(packet) = packets.blocking_recv() {
            let Packet { r#type, stat, id, data } = packet.unwrap();
            let kind = PacketType::try_from(r#type).unwrap().as_str_name().trim_start_matches("PACKET_");
            let stat = stat.map(|stat| format!("{} {}", stat.path, stat.size)).unwrap_or_default();
            told.push(format!("{kind} {id} {stat}{}", String::from_utf8(data).unwrap()).trim_end().to_owned());
        }
        insta::assert_snapshot!(told.join("\n"), @"
        STAT 0 .dockerignore 10
        STAT 0 a 0
        STAT 0 a/c 6
        STAT 0 a-b 1
        STAT 0
        DATA 2 inside
        DATA 2
        FIN 0
        ");
    }
}

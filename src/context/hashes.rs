//! Digests of files that were read before. A file whose identity, size and times are those of then is not read again:
//! in one run never, and from run to run if the user has a folder for what can be made anew.

use std::collections::{HashMap, HashSet};
use std::fs::{self, DirBuilder, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use blake3::Hasher;

use super::regular;

/// What every file of the cache begins with; changes with its form.
const MAGIC: &[u8] = b"dsenv files 1\n";
/// Seven numbers and a digest.
const ENTRY: usize = 7 * 8 + 32;
/// The most files of one context that are remembered.
const FILES: usize = 500_000;
/// What no run has asked for goes when a context has more than this.
const UNASKED: usize = 50_000;
/// Fewer files and bytes that were read are not worth a file of the cache.
const WORTH: (usize, u64) = (200, 8 << 20);
/// The most contexts and bytes in the cache; the oldest go.
const WHOLE: (usize, u64) = (200, 128 << 20);
/// A file that changed so shortly before it was read may change again and keep its times, so it is read each time.
const FRESH: Duration = Duration::from_secs(2);

type Digest = [u8; 32];

/// What a file was when it was read. Nobody can set the time of the last change of its state (`ctime`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// Of a file.
    pub(super) fn of(about: &Metadata) -> Self {
        Self {
            device: about.dev(),
            inode: about.ino(),
            size: about.size(),
            modified: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        }
    }

    /// Whether both times are before this one.
    fn is_before(&self, (seconds, nanos): (i64, i64)) -> bool {
        self.modified.max(self.changed) < (seconds, nanos)
    }

    fn to_bytes(self) -> [u8; ENTRY - 32] {
        let Self { device, inode, size, modified, changed } = self;
        let numbers = [device, inode, size].map(u64::to_le_bytes);
        let times = [modified.0, modified.1, changed.0, changed.1].map(i64::to_le_bytes);
        let mut bytes = [0; ENTRY - 32];
        for (to, from) in bytes.chunks_exact_mut(8).zip(numbers.iter().chain(&times)) {
            to.copy_from_slice(from);
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let number = |at: usize| u64::from_le_bytes(bytes[at * 8..at * 8 + 8].try_into().expect("eight bytes"));
        let time = |at: usize| (number(at).cast_signed(), number(at + 1).cast_signed());
        Self { device: number(0), inode: number(1), size: number(2), modified: time(3), changed: time(5) }
    }
}

/// Digests of files that were read before, by the folder of their context.
#[derive(Debug)]
pub struct Hashes {
    /// Where they are kept for the next run.
    cache: Option<PathBuf>,
    fresh: Duration,
    tables: Mutex<HashMap<PathBuf, Table>>,
}

/// Those of one context.
#[derive(Debug, Default)]
pub(super) struct Table {
    known: HashMap<Stamp, Digest>,
    asked: HashSet<Stamp>,
    /// Files that were read and are known since, and their bytes.
    read: (usize, u64),
    /// The latest time that a file may have to be known.
    before: (i64, i64),
}

impl Hashes {
    /// Kept in this folder, where that can be; it is made when there is something to keep.
    pub fn kept(cache: Option<PathBuf>) -> Self {
        Self { cache: cache.filter(|folder| folder.is_absolute()), fresh: FRESH, tables: Mutex::default() }
    }

    /// Those of a context, to be given back.
    pub(super) fn take(&self, root: &Path) -> Table {
        let known = self.tables().remove(root);
        let mut table =
            known.unwrap_or_else(|| Table { known: self.load(root).unwrap_or_default(), ..Table::default() });
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(self.fresh);
        table.before = (now.as_secs().cast_signed(), now.subsec_nanos().into());
        table
    }

    /// Gives those of a context back.
    pub(super) fn give(&self, root: &Path, table: Table) {
        self.tables().insert(root.to_owned(), table);
    }

    /// Keeps what was read for the next run, if that is much. Where it cannot be kept, the next run reads again.
    pub fn keep(&self) {
        let Some(cache) = &self.cache else { return };
        let mut kept = false;
        for (root, table) in &mut *self.tables() {
            if table.read.0 < WORTH.0 && table.read.1 < WORTH.1 {
                continue;
            }
            table.read = (0, 0);
            if table.known.len() > UNASKED.max(table.asked.len()) {
                let Table { known, asked, .. } = table;
                known.retain(|stamp, _| asked.contains(stamp));
            }
            kept |= table.known.len() <= FILES && save(cache, &name(root), &table.known).is_ok();
        }
        if kept {
            bound(cache, WHOLE).ok();
        }
    }

    fn load(&self, root: &Path) -> io::Result<HashMap<Stamp, Digest>> {
        let Some(cache) = &self.cache else { return Ok(HashMap::new()) };
        check(cache)?;
        let mut file = regular::open_itself(&cache.join(name(root)))?;
        let about = file.metadata()?;
        let most = (MAGIC.len() + FILES * ENTRY + 32) as u64;
        if about.uid() != own() || about.len() > most {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        parse(&bytes).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    fn tables(&self) -> MutexGuard<'_, HashMap<PathBuf, Table>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// The digest of a file that had this stamp when the folder was read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn digest(&mut self, path: &Path, stamp: Stamp) -> io::Result<Digest> {
        if let Some(known) = self.known.get(&stamp) {
            self.asked.insert(stamp);
            return Ok(*known);
        }
        let file = regular::open_itself(path)?;
        let before = Stamp::of(&file.metadata()?);
        let mut hasher = Hasher::new();
        hasher.update_reader(&file)?;
        let digest = *hasher.finalize().as_bytes();
        if before.is_before(self.before) && before == Stamp::of(&file.metadata()?) {
            self.known.insert(before, digest);
            self.asked.insert(before);
            self.read = (self.read.0 + 1, self.read.1 + before.size);
        }
        Ok(digest)
    }
}

/// The name of a context's file in the cache.
fn name(root: &Path) -> String {
    format!("{}.files", &blake3::hash(root.as_os_str().as_bytes()).to_hex()[..32])
}

/// Whatever is not just what was written is nothing.
fn parse(bytes: &[u8]) -> Option<HashMap<Stamp, Digest>> {
    let (text, sum) = bytes.split_last_chunk::<32>()?;
    let entries = text.strip_prefix(MAGIC)?;
    if entries.len() % ENTRY != 0 || blake3::hash(text).as_bytes() != sum {
        return None;
    }
    let entry = |bytes: &[u8]| {
        let (stamp, digest) = bytes.split_at(ENTRY - 32);
        (Stamp::from_bytes(stamp), digest.try_into().expect("an entry ends in a digest"))
    };
    Some(entries.chunks_exact(ENTRY).map(entry).collect())
}

/// Puts a whole file in the place of the one before.
fn save(cache: &Path, name: &str, known: &HashMap<Stamp, Digest>) -> io::Result<()> {
    if let Some(above) = cache.parent() {
        fs::create_dir_all(above)?;
    }
    match DirBuilder::new().mode(0o700).create(cache) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => check(cache)?,
    }
    let mut bytes = Vec::with_capacity(MAGIC.len() + known.len() * ENTRY + 32);
    bytes.extend_from_slice(MAGIC);
    for (stamp, digest) in known {
        bytes.extend_from_slice(&stamp.to_bytes());
        bytes.extend_from_slice(digest);
    }
    let sum = blake3::hash(&bytes);
    bytes.extend_from_slice(sum.as_bytes());
    let half = cache.join(format!(".{name}.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&half)?;
    let written = file.write_all(&bytes).and_then(|()| fs::rename(&half, cache.join(name)));
    if written.is_err() {
        fs::remove_file(&half).ok();
    }
    written
}

/// Whether nobody else can write there: who can says what an image is made of.
fn check(cache: &Path) -> io::Result<()> {
    let about = fs::symlink_metadata(cache)?;
    match about.is_dir() && about.uid() == own() && about.mode() & 0o077 == 0 {
        true => Ok(()),
        false => Err(io::ErrorKind::PermissionDenied.into()),
    }
}

fn own() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Takes the oldest away until it is no more than this.
fn bound(cache: &Path, (most, bytes): (usize, u64)) -> io::Result<()> {
    let about = |entry: io::Result<fs::DirEntry>| {
        let entry = entry.ok()?;
        let about = entry.metadata().ok()?;
        Some((about.modified().ok()?, about.len(), entry.path()))
    };
    let mut files: Vec<_> = fs::read_dir(cache)?.filter_map(about).collect();
    files.sort();
    let mut size: u64 = files.iter().map(|(_, size, _)| size).sum();
    let mut left = files.len();
    for (_, length, path) in files {
        if left <= most && size <= bytes {
            break;
        }
        fs::remove_file(path)?;
        size -= length;
        left -= 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{File, FileTimes};

    use super::*;

    struct Bench {
        folder: tempfile::TempDir,
        hashes: Hashes,
    }

    impl Bench {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("context")).unwrap();
            for number in 0..WORTH.0 {
                fs::write(folder.path().join(format!("context/{number}")), format!("{number:04}")).unwrap();
            }
            let mut bench = Self { hashes: Hashes::kept(None), folder };
            bench.next();
            bench
        }

        fn cache(&self) -> PathBuf {
            self.folder.path().join("cache/dsenv")
        }

        fn file(&self, number: usize) -> PathBuf {
            self.folder.path().join(format!("context/{number}"))
        }

        /// The next run, for which no file is too new.
        fn next(&mut self) {
            // The system's clock of files goes in steps.
            std::thread::sleep(Duration::from_millis(20));
            self.hashes = Hashes { fresh: Duration::ZERO, ..Hashes::kept(Some(self.cache())) };
        }

        /// The digests, and how many files were read for them.
        fn run(&self) -> (Vec<Digest>, usize) {
            let root = self.folder.path().join("context");
            let mut table = self.hashes.take(&root);
            let before = table.read.0;
            let digest = |number| {
                let path = self.file(number);
                let stamp = Stamp::of(&fs::symlink_metadata(&path).unwrap());
                table.digest(&path, stamp).unwrap()
            };
            let digests = (0..WORTH.0).map(digest).collect();
            let read = table.read.0 - before;
            self.hashes.give(&root, table);
            self.hashes.keep();
            (digests, read)
        }

        /// As nobody who remembers would say it.
        fn truth(&self) -> Vec<Digest> {
            (0..WORTH.0).map(|number| *blake3::hash(&fs::read(self.file(number)).unwrap()).as_bytes()).collect()
        }
    }

    #[test]
    fn a_file_is_read_once_in_a_run_and_not_in_the_next() {
        let mut bench = Bench::new();
        assert_eq!(bench.run(), (bench.truth(), WORTH.0));
        assert_eq!(bench.run(), (bench.truth(), 0));
        bench.next();
        assert_eq!(bench.run(), (bench.truth(), 0));
        assert_eq!(fs::metadata(bench.cache()).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(bench.cache()).unwrap().count(), 1, "nothing is left by halves");
    }

    #[test]
    fn a_change_that_hides_behind_size_and_time_is_seen() {
        let mut bench = Bench::new();
        bench.run();
        let before = fs::metadata(bench.file(7)).unwrap();
        fs::write(bench.file(7), "else").unwrap();
        let times = FileTimes::new().set_modified(before.modified().unwrap());
        File::options().write(true).open(bench.file(7)).unwrap().set_times(times).unwrap();
        let after = fs::metadata(bench.file(7)).unwrap();
        assert_eq!((before.len(), before.modified().unwrap()), (after.len(), after.modified().unwrap()));
        bench.next();
        assert_eq!(bench.run(), (bench.truth(), 1));
        // Another file in its place, and the two of them changed for each other.
        fs::rename(bench.file(1), bench.file(3)).unwrap();
        fs::write(bench.file(1), "0001").unwrap();
        fs::rename(bench.file(5), bench.file(0)).unwrap();
        fs::copy(bench.file(6), bench.file(5)).unwrap();
        bench.next();
        assert_eq!(bench.run().0, bench.truth());
    }

    #[test]
    fn what_has_just_changed_is_read_each_time() {
        let mut bench = Bench::new();
        bench.hashes.fresh = FRESH;
        assert_eq!(bench.run(), (bench.truth(), 0), "nothing is known");
        fs::write(bench.file(2), "else").unwrap();
        assert_eq!(bench.run(), (bench.truth(), 0));
        assert!(!bench.cache().exists());
        // From a time to come.
        bench.next();
        let later = SystemTime::now() + Duration::from_secs(3600);
        File::options()
            .write(true)
            .open(bench.file(2))
            .unwrap()
            .set_times(FileTimes::new().set_modified(later))
            .unwrap();
        bench.next();
        assert_eq!(bench.run(), (bench.truth(), WORTH.0 - 1));
    }

    #[test]
    fn a_cache_that_is_broken_or_somebody_elses_is_none() {
        let mut bench = Bench::new();
        bench.run();
        let file = fs::read_dir(bench.cache()).unwrap().next().unwrap().unwrap().path();
        let whole = fs::read(&file).unwrap();
        let mut flipped = whole.clone();
        // A digest in the middle.
        flipped[MAGIC.len() + ENTRY * 9 - 5] ^= 1;
        for broken in [&flipped[..], &whole[..whole.len() - 1], &whole[..MAGIC.len() + 3], b"", b"dsenv files 1\n"] {
            fs::write(&file, broken).unwrap();
            bench.next();
            assert_eq!(bench.run(), (bench.truth(), WORTH.0), "{} bytes", broken.len());
        }
        // What was read instead stands in its place.
        bench.next();
        assert_eq!(bench.run(), (bench.truth(), 0));
        fs::set_permissions(bench.cache(), std::os::unix::fs::PermissionsExt::from_mode(0o770)).unwrap();
        bench.next();
        assert_eq!(bench.run(), (bench.truth(), WORTH.0), "others may write there");
    }

    #[test]
    fn where_nothing_can_be_kept_everything_is_read() {
        let mut bench = Bench::new();
        fs::write(bench.folder.path().join("cache"), "a file").unwrap();
        for _ in 0..2 {
            bench.next();
            assert_eq!(bench.run(), (bench.truth(), WORTH.0));
        }
        bench.hashes = Hashes::kept(Some("relative".into()));
        assert_eq!(bench.hashes.cache, None);
    }

    #[test]
    fn the_cache_is_bounded_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        for (name, age) in [("a", 30), ("b", 10), ("c", 20)] {
            fs::write(folder.path().join(name), [0; 100]).unwrap();
            let at = FileTimes::new().set_modified(SystemTime::now() - Duration::from_secs(age));
            File::options().write(true).open(folder.path().join(name)).unwrap().set_times(at).unwrap();
        }
        let left = || {
            let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().file_name()).collect();
            names.sort();
            names
        };
        bound(folder.path(), (2, 1000)).unwrap();
        assert_eq!(left(), ["b", "c"]);
        bound(folder.path(), (2, 150)).unwrap();
        assert_eq!(left(), ["b"]);
    }
}

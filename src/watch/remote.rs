//! File systems on which the kernel sees no change that another machine makes: those are polled.

use camino::Utf8Path;

/// The file system's type if changes on it may come from elsewhere; `mounts` is the text of `/proc/self/mountinfo`.
pub(super) fn remote(path: &Utf8Path, mounts: &str) -> Option<String> {
    let mount = mounts.lines().filter_map(Mount::read).filter(|mount| path.starts_with(&mount.point));
    // Of two mounts on one point the later one is on top.
    let kind = mount.max_by_key(|mount| mount.point.len())?.kind;
    let known = ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "lustre", "afs", "vboxsf", "prl_fs", "virtiofs"];
    let far = known.contains(&kind) || ["fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.grpcfuse"].contains(&kind);
    far.then(|| kind.to_owned())
}

struct Mount<'a> {
    point: String,
    kind: &'a str,
}

impl<'a> Mount<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let (head, tail) = line.split_once(" - ")?;
        let point = head.split(' ').nth(4)?.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
        Some(Self { point, kind: tail.split(' ').next()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:44 / /home/ann\\040b rw shared:2 - nfs4 server:/home rw,vers=4.2
31 22 0:45 / /mnt/c rw - 9p C: rw
32 30 0:46 / /home/ann\\040b/scratch rw - tmpfs tmpfs rw
";

    #[test]
    fn the_deepest_mount_decides() {
        let kind = |path| remote(Utf8Path::new(path), MOUNTS);
        assert_eq!(kind("/srv/lab"), None);
        assert_eq!(kind("/home/ann b/lab").as_deref(), Some("nfs4"));
        assert_eq!(kind("/home/ann b/scratch/lab"), None);
        assert_eq!(kind("/mnt/c/lab").as_deref(), Some("9p"));
        assert_eq!(kind("/mnt/cd"), None);
    }
}

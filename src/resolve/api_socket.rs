//! `use_api_socket`: the engine's socket, and the logins of whoever applies, as a secret file that Docker's own tools in
//! the container find through `DOCKER_CONFIG`. A container that sets this variable itself gets no logins.

use crate::model::{Content, FileKind, FileMount, Fixed, Project};

const VARIABLE: &str = "DOCKER_CONFIG";
const FOLDER: &str = "/run/secrets/docker";
const FILE: &str = "/run/secrets/docker/config.json";

/// Gives the logins to the services that ask for the socket. They are asked for only where there is such a service.
pub fn lend(project: &mut Project, logins: impl FnOnce() -> Vec<u8>) {
    let asks = |fixed: &Fixed| fixed.use_api_socket && !fixed.environment.contains_key(VARIABLE);
    let mut asking: Vec<_> =
        project.services.values_mut().map(|service| &mut service.fixed).filter(|fixed| asks(fixed)).collect();
    if asking.is_empty() {
        return;
    }
    let content = Content::new(logins());
    let id = content.id();
    for fixed in &mut asking {
        fixed.environment.insert(VARIABLE.to_owned(), Some(FOLDER.to_owned()));
        let (source, content) = ("use_api_socket".to_owned(), id.clone());
        // For nobody but the container's own user, where the file says who that is.
        let (uid, gid) = fixed.user.as_deref().and_then(numbers).unwrap_or_default();
        let file = FileMount { kind: FileKind::Secret, source, content, uid, gid, mode: 0o400 };
        fixed.files.insert(FILE.to_owned(), file);
    }
    project.contents.insert(id, content);
}

/// `UID` or `UID:GID`, as numbers.
fn numbers(user: &str) -> Option<(u32, u32)> {
    let (uid, gid) = user.split_once(':').unwrap_or((user, "0"));
    Some((uid.parse().ok()?, gid.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use crate::resolve::testing::project;

    #[test]
    fn only_who_asks_gets_the_logins() {
        let text = "services: {a: {image: i, use_api_socket: true}, b: {image: i}, c: {image: i, use_api_socket: true, environment: {DOCKER_CONFIG: /etc}}}";
        let mut lab = project(text);
        super::lend(&mut lab, || b"{}".to_vec());
        let files: Vec<_> =
            lab.services.values().flat_map(|service| service.fixed.files.keys().map(String::as_str)).collect();
        assert_eq!(files, ["/run/secrets/docker/config.json"]);
        assert_eq!(
            lab.services[&"a".into()].fixed.environment["DOCKER_CONFIG"].as_deref(),
            Some("/run/secrets/docker")
        );
        assert!(lab.services[&"c".into()].fixed.use_api_socket);
        assert_eq!(lab.contents.len(), 1);
    }

    #[test]
    fn the_logins_are_for_the_containers_user_alone() {
        for (user, owner) in
            [("", (0, 0)), ("user: '1000', ", (1000, 0)), ("user: '5:6', ", (5, 6)), ("user: ada, ", (0, 0))]
        {
            let mut lab = project(&format!("services: {{a: {{image: i, {user}use_api_socket: true}}}}"));
            super::lend(&mut lab, || b"{}".to_vec());
            let file = &lab.services[&"a".into()].fixed.files["/run/secrets/docker/config.json"];
            assert_eq!((file.mode, (file.uid, file.gid)), (0o400, owner), "{user}");
        }
    }

    #[test]
    fn nobody_is_asked_for_logins_without_need() {
        super::lend(&mut project("services: {a: {image: i}}"), || panic!("nobody needs them"));
    }
}

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
        let file = FileMount { kind: FileKind::Secret, source, content, uid: 0, gid: 0, mode: 0o444 };
        fixed.files.insert(FILE.to_owned(), file);
    }
    project.contents.insert(id, content);
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
    fn nobody_is_asked_for_logins_without_need() {
        super::lend(&mut project("services: {a: {image: i}}"), || panic!("nobody needs them"));
    }
}

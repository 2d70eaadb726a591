//! Files of variables, `include`, profiles, names.

use super::{one, project};

#[test]
fn variables_of_files_yield_to_the_environment_of_the_service() {
    let spec = "services: {web: {image: a, env_file: [a.env, {path: none, required: false}], environment: {A: spec}}}";
    let printed =
        project(&[("env.yaml", spec), ("a.env", "A=file\nB=\"x $HOME\"\nC=${A}\n")]).print("/services/web/environment");
    insta::assert_snapshot!(printed, @r"
    A: spec
    B: x /home/lab
    C: spec
    ");
}

#[test]
fn an_included_project_has_its_own_folder_and_variables() {
    let files = [
        ("env.yaml", "include: [sub/c.yaml]\nservices: {web: {image: 'w:${V:-none}', depends_on: [db]}}"),
        ("sub/c.yaml", "services: {db: {image: 'd:${V}', volumes: ['./d:/d']}}"),
        ("sub/.env", "V=sub"),
    ];
    let loaded = project(&files).loaded();
    assert_eq!(loaded.spec.services["web"].image.as_deref(), Some("w:none"));
    assert_eq!(loaded.spec.services["db"].image.as_deref(), Some("d:sub"));
    assert_eq!(loaded.spec.services["db"].volumes[0].source.as_deref(), Some("/lab/sub/d"));
}

#[test]
fn services_of_inactive_profiles_are_kept_apart_and_not_checked() {
    let text = "services: {a: {image: x}, b: {profiles: [p], networks: [nope]}}";
    let spec = one(text).loaded().spec;
    assert!(spec.services.contains_key("a") && !spec.services.contains_key("b") && spec.inactive.contains_key("b"));
    insta::assert_snapshot!(one(text).profile("p").mistakes(), @r"
    env.yaml:1:27 service `b` has neither `image` nor `build` [DS0501] | name an image, or say how to build one
    env.yaml:1:57 service `b` joins the network `nope`, which is not defined [DS0502] | define it: `networks: {nope: {}}`
    ");
}

#[test]
fn a_dependency_on_an_inactive_profile_names_the_flag() {
    let text = "services: {a: {image: x, depends_on: [b]}, b: {image: x, profiles: [p]}}";
    insta::assert_snapshot!(one(text).mistakes(), @"env.yaml:1:39 service `a` needs `b`, whose profile is off [DS0508] | switch it on with `--profile p`, or make the dependency `required: false`");
}

#[test]
fn the_name_is_asked_for_or_written_or_the_folders() {
    assert_eq!(one("services: {}").loaded().spec.name, "lab");
    assert_eq!(one("name: My-${V:-x}\nservices: {}").loaded().spec.name, "my-x");
    assert_eq!(one("name: '${V}'\nservices: {}").set("V", "set").loaded().spec.name, "set");
}

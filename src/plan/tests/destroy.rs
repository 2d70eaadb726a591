//! A project goes.

use insta::assert_snapshot;

use super::lab::{lab, mount};
use crate::model::Condition;
use crate::plan::{DestroyOptions, destroy, text};

#[test]
fn containers_go_in_reverse_order_and_volumes_stay() {
    let lab = lab()
        .service("db", |db| mount(db, "lab_data", "/data"))
        .needing("web", "db", Condition::ServiceStarted)
        .config("web", "/etc/web.conf", "a");
    let mut world = lab.applied();
    world.record(&lab.project);
    let plan = destroy(&lab.project.name, &world.look(), &DestroyOptions::default());
    assert_snapshot!(text(&plan), @r"
    - network.default lab_default: asked for
    = volume.data lab_data
      note: its data is kept; --destroy-data lab_data destroys it
    - service.db[1] lab-db-1: asked for
      hazard: db stops
    - service.web[1] lab-web-1: asked for
      hazard: web stops
    #1 stop lab-web-1
    #2 remove lab-web-1 after #1
    #3 stop lab-db-1, settled #1
    #4 remove lab-db-1 after #3
    #5 remove network lab_default after #2 #4
    #6 remove volume lab_dsenv_files_91e22a02115d67eb03b85cdb7dca7053 after #2 #4
    #7 remove volume lab_dsenv_record_1 after #2 #4
    #8 remove volume lab_dsenv_key after #2 #4
    ");
    world.apply(&plan);
    assert_eq!(world.observed.volumes.len(), 1);
    assert!(world.observed.containers.is_empty() && world.observed.files.is_empty() && world.observed.key.is_none());

    let options = DestroyOptions { destroy_data: ["data".into()].into(), ..DestroyOptions::default() };
    let plan = destroy(&lab.project.name, &world.look(), &options);
    assert_snapshot!(text(&plan), @r"
    - volume.data lab_data: asked for
      hazard: the data of lab_data is lost
    #1 remove volume lab_data
    ");
}

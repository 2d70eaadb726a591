//! Images, built and pulled.

use dsenv::engine::{Done, EngineError};
use dsenv::model::{Build, Dockerfile};
use dsenv::plan::ImageStep;

use crate::containers::built;
use crate::lab::{IMAGE, Lab};

pub async fn a_build_carries_the_digest_of_its_inputs(lab: &Lab) {
    let tag = built(lab, "ENV BUILT=1").await;
    let mut scope = lab.scope();
    scope.images.insert(tag.clone());
    let seen = lab.engine().observe(&scope).await.unwrap();
    assert_eq!(seen.images[&tag].build_digest.as_deref(), Some("d1"));
    assert_eq!(seen.images[&IMAGE.into()].build_digest, None);
    assert_ne!(seen.images[&tag].id, seen.images[&IMAGE.into()].id);
}

pub async fn a_build_that_fails_says_why(lab: &Lab) {
    let context = tempfile::tempdir().unwrap();
    let build = Build {
        dockerfile: Dockerfile::Inline(format!("FROM {IMAGE}\nRUN false\n")),
        context: context.path().display().to_string(),
        ..Build::default()
    };
    let tag = dsenv::model::ImageRef::new(format!("{}-image:latest", lab.project()));
    let step = ImageStep::Build {
        service: "web".into(),
        build: Box::new(build),
        secrets: [].into(),
        tag,
        digest: "d1".into(),
    };
    match lab.perform(step).await {
        Err(EngineError::Build { message, output }) => {
            assert!(message.contains("false") && message.contains("code: 1"), "{message}");
            assert!(output.contains("RUN false"), "{output}");
        }
        other => panic!("{other:?}"),
    }
}

pub async fn an_image_that_is_nowhere_is_named(lab: &Lab) {
    // Nothing listens on port 1 of this machine.
    let image = "127.0.0.1:1/absent/nothing:1";
    match lab.perform(ImageStep::Pull { image: image.into(), platform: None }).await {
        Err(EngineError::NoImage { image: named, .. }) => assert_eq!(named, image),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        lab.perform(ImageStep::Pull { image: IMAGE.into(), platform: None })
            .await
            .map(|done| matches!(done, Done::Image(_)))
            .or_else(
                // A closed machine has the image and no registry.
                |error| if matches!(error, EngineError::NoImage { .. }) { Ok(true) } else { Err(error) }
            ),
        Ok(true)
    );
}

//! Mistakes of sizes.

use super::{codes, mistakes};

#[test]
fn size_that_fits_no_class_shows_the_largest() {
    insta::assert_snapshot!(mistakes(&[("limits: {memory: 512Mi}", "limits: {memory: 8Gi}")]), @r#"
    error[MODEL0060]: no resource class holds requests 100m/128Mi, limits 500m/8Gi
      --> ecosystem.yaml:43:17
       |
    43 | hints: {merge: {limits: {memory: 8Gi}}}
       |                 ^^^^^^
       = help: the largest class is `large` with requests 1/2Gi, limits 4/4Gi; add a larger one to the PlatformServices, or ask for less
    "#);
}

#[test]
fn request_above_its_limit_is_refused() {
    let found = mistakes(&[(
        "merge: {limits: {memory: 512Mi}}",
        "merge: {requests: {memory: 1Gi}, limits: {memory: 512Mi}}",
    )]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0061]: the request of 1Gi of memory is above the limit of 512Mi
      --> ecosystem.yaml:43:36
       |
    43 | hints: {merge: {requests: {memory: 1Gi}, limits: {memory: 512Mi}}}
       |                                    ^^^
      --> ecosystem.yaml:43:59
       |
    43 | hints: {merge: {requests: {memory: 1Gi}, limits: {memory: 512Mi}}}
       |                                                           ----- the limit
       = help: raise the limit or lower the request
    "#);
    assert_eq!(codes(&[("requests: {cpu: 500m", "requests: {cpu: 5000m")]), ["MODEL0061"]);
}

#[test]
fn classes_that_run_nothing_are_refused() {
    assert_eq!(codes(&[("slots: 20}", "slots: 0}")]), ["MODEL0009"]);
    assert_eq!(codes(&[("slots: 20}", "slots: 1001}")]), ["MODEL0062"]);
    assert_eq!(
        codes(&[("  medium:", "  workflows:"), ("{ingest: medium}", "{ingest: workflows}")]),
        ["MODEL0062"]
    );
    let broken = codes(&[("limits: {cpu: \"2\", memory: 2Gi}", "limits: {cpu: 0, memory: 2 Gi}")]);
    assert_eq!(broken, ["MODEL0062", "MODEL0012"]);
}

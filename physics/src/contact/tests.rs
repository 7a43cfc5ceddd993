//! The contact rules as WGSL; scenes are in the integration tests.

#[test]
fn the_rules_are_valid_wgsl() {
    crate::device_source::tests::assert_transpiles(&[
        &super::solver::rules::WGSL_SOURCE,
        &super::detection::rules::WGSL_SOURCE,
    ]);
}

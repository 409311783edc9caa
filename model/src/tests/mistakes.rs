//! Mistakes that people make, as they are printed.

use super::mistakes;

#[test]
fn mistakes_are_ordered_by_file_and_line() {
    let found =
        mistakes(&[("sinks: [shop:customers, crm:visits]", "sinks: [shap:customers, crm:visit]")]);
    insta::assert_snapshot!(found, @r#"
    error[MODEL0022]: no datastore is named `shap`
      --> consumers.yaml:22:13
       |
    22 |     sinks: [shap:customers, crm:visit]
       |             ^^^^^^^^^^^^^^
       = help: did you mean `shop`?

    error[MODEL0022]: no dataset of `crm` is named `visit`
      --> consumers.yaml:22:29
       |
    22 |     sinks: [shap:customers, crm:visit]
       |                             ^^^^^^^^^
       = help: did you mean `visits`?
    "#);
}

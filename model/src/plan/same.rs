//! Whether two plans do the same, estimates left aside.

use std::collections::BTreeSet;

use super::{Action, Load, Plan, Step};

impl Plan {
    /// What this plan would do that `now` does not, and the reverse: empty when both lead to the
    /// same state. Rows, bytes and seconds are estimates and change while streams run; they count
    /// for nothing here.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let (ours, theirs) = (texts(self), texts(now));
        let mut found = BTreeSet::new();
        let labels = |of: &BTreeSet<(String, String)>, but: &BTreeSet<(String, String)>| {
            of.difference(but).map(|(label, _)| label.clone()).collect::<BTreeSet<String>>()
        };
        let (gone, new) = (labels(&ours, &theirs), labels(&theirs, &ours));
        found.extend(gone.intersection(&new).map(|label| format!("{label}: in another way")));
        found.extend(gone.difference(&new).map(|label| format!("{label}: no longer to be done")));
        found.extend(new.difference(&gone).map(|label| format!("{label}: not in the plan")));
        found.into_iter().collect()
    }

    /// Whether each step of `now` is one of this plan: what is left of an apply that stopped.
    pub fn covers(&self, now: &Self) -> bool {
        texts(self).is_superset(&texts(now))
    }
}

/// Each step as a label for people and the whole of it without estimates.
fn texts(plan: &Plan) -> BTreeSet<(String, String)> {
    plan.steps
        .iter()
        .map(|step| {
            let step = without_estimates(step);
            // A step holds no map with non-text keys, so this never fails.
            let json = serde_json::to_value(&step).unwrap_or_default();
            let verb = json["action"]["do"].as_str().unwrap_or_default().replace('_', " ");
            (format!("{verb} ({})", step.action.label()), json.to_string())
        })
        .collect()
}

fn without_estimates(step: &Step) -> Step {
    let mut step = step.clone();
    let blank = |loads: &mut Vec<Load>| {
        for load in loads {
            (load.rows, load.bytes, load.seconds) = (None, None, None);
        }
    };
    match &mut step.action {
        Action::CreateStream { loads, takes_over, .. } => {
            blank(loads);
            takes_over.iter_mut().for_each(|table| table.rows = 0);
        }
        Action::ChangeStream { loads, losses, .. } | Action::RepairStream { loads, losses, .. } => {
            blank(loads);
            losses.clear(); // they follow from the statements and name numbers of rows
        }
        Action::RetireStream { tables, .. } => {
            tables.iter_mut().for_each(|table| table.rows = 0);
        }
        _ => {}
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        StreamId,
        plan::{Phase, TableFate},
        release::TableName,
    };

    fn plan(rows: u64, stream: &str) -> Plan {
        let table = TableName { schema: "live".into(), name: "shop__orders".into() };
        let action = Action::RetireStream {
            stream: StreamId::multi("live", stream),
            why: "no workspace needs it".into(),
            tables: vec![TableFate { table, rows, kept_days: 0 }],
        };
        Plan {
            ecosystem: "acme".into(),
            services: "main".into(),
            base: None,
            release: "r".into(),
            steps: vec![Step { phase: Phase::Retire, action }],
            warnings: Vec::new(),
            missing_credentials: Vec::new(),
        }
    }

    #[test]
    fn estimates_make_no_difference_and_steps_do() {
        assert!(plan(1, "shop").differences(&plan(99, "shop")).is_empty());
        assert_eq!(
            plan(1, "shop").differences(&plan(1, "crm")),
            [
                "retire stream (stream live/crm): not in the plan",
                "retire stream (stream live/shop): no longer to be done"
            ]
        );
    }

    #[test]
    fn what_is_left_of_a_plan_is_covered_by_it() {
        let mut whole = plan(1, "shop");
        whole.steps.extend(plan(1, "crm").steps);
        assert!(whole.covers(&plan(1, "crm")));
        assert!(!plan(1, "crm").covers(&whole));
    }
}

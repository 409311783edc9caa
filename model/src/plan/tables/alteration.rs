//! Changes of a table in place, in the order in which they can be run.

use std::collections::BTreeSet;

use super::{Alteration, ColumnStep, TableState, widens};
use crate::release::{ColumnSpec, DatasetSpec, Style};

/// Wanted columns, each with the one in place that it continues.
type Matches<'a> = [(&'a ColumnSpec, Option<&'a ColumnSpec>)];

/// What turns `before` into `wanted`, given that no rebuild is needed.
pub(super) fn work_out(
    before: &TableState,
    wanted: &DatasetSpec,
    matches: &Matches<'_>,
    style: Style,
) -> Alteration {
    let mut work = Work::new(before);
    work.remove_unwanted(matches, style);
    work.clear_names(wanted);
    work.rename(matches);
    work.retype(matches);
    work.add(matches);
    work.finish(before, wanted)
}

/// The table while the changes are being worked out.
struct Work {
    columns: Vec<ColumnSpec>,
    retained: Vec<ColumnSpec>,
    steps: Vec<ColumnStep>,
}

impl Work {
    fn new(before: &TableState) -> Self {
        Self {
            columns: before.layout.columns.clone(),
            retained: before.retained.clone(),
            steps: Vec::new(),
        }
    }

    fn remove_unwanted(&mut self, matches: &Matches<'_>, style: Style) {
        let stays = |column: &ColumnSpec| {
            matches.iter().any(|(_, old)| old.is_some_and(|old| old.name == column.name))
        };
        let (stay, go) = std::mem::take(&mut self.columns).into_iter().partition(stays);
        self.columns = stay;
        for mut column in go {
            if style.has_history() {
                if !column.nullable {
                    self.steps.push(ColumnStep::DropNotNull { column: column.name.clone() });
                }
                column.nullable = true;
                self.retained.push(column);
            } else {
                self.steps.push(ColumnStep::Drop { column: column.name });
            }
        }
    }

    /// A retained column gives way to a wanted one of its name, unless it is that one.
    fn clear_names(&mut self, wanted: &DatasetSpec) {
        let mut taken: BTreeSet<String> =
            self.columns.iter().chain(&self.retained).map(|column| column.name.clone()).collect();
        taken.extend(wanted.columns.iter().map(|column| column.name.clone()));
        for column in &mut self.retained {
            let claimed = wanted.columns.iter().find(|new| new.name == column.name);
            let Some(new) = claimed else { continue };
            let goes_on = self.columns.iter().all(|old| !continues(new, old, wanted))
                && (new.column_type == column.column_type
                    || widens(&column.column_type, &new.column_type));
            if goes_on {
                continue;
            }
            let aside = free_name(&column.name, &taken);
            taken.insert(aside.clone());
            self.steps.push(ColumnStep::Rename { from: column.name.clone(), to: aside.clone() });
            column.name = aside;
        }
    }

    /// A new name is always free: a column in place of that name would have been the counterpart.
    fn rename(&mut self, matches: &Matches<'_>) {
        for (new, old) in matches {
            if let Some(old) = old
                && old.name != new.name
            {
                self.steps
                    .push(ColumnStep::Rename { from: old.name.clone(), to: new.name.clone() });
            }
        }
    }

    fn retype(&mut self, matches: &Matches<'_>) {
        for (new, old) in matches {
            let Some(old) = old else { continue };
            if new.nullable && !old.nullable {
                self.steps.push(ColumnStep::DropNotNull { column: new.name.clone() });
            }
            if new.column_type != old.column_type {
                self.steps.push(ColumnStep::Widen {
                    column: new.name.clone(),
                    from: old.column_type.clone(),
                    to: new.column_type.clone(),
                });
            }
            if let Some(place) = self.columns.iter_mut().find(|column| column.name == old.name) {
                *place = (*new).clone();
            }
        }
    }

    fn add(&mut self, matches: &Matches<'_>) {
        for (new, old) in matches {
            if old.is_some() {
                continue;
            }
            let back = self.retained.iter().position(|column| column.name == new.name);
            if let Some(index) = back {
                let column = self.retained.remove(index);
                if column.column_type != new.column_type {
                    self.steps.push(ColumnStep::Widen {
                        column: new.name.clone(),
                        from: column.column_type,
                        to: new.column_type.clone(),
                    });
                }
            } else {
                self.steps.push(ColumnStep::Add { column: (*new).clone() });
            }
            self.columns.push((*new).clone());
        }
    }

    fn finish(self, before: &TableState, wanted: &DatasetSpec) -> Alteration {
        let moved = before.layout.table != wanted.table;
        Alteration {
            moved_from: moved.then(|| before.layout.table.clone()),
            steps: self.steps,
            after: TableState {
                layout: DatasetSpec { columns: self.columns, ..wanted.clone() },
                retained: self.retained,
            },
        }
    }
}

/// Whether the wanted column is the continuation of this one in place.
fn continues(new: &ColumnSpec, old: &ColumnSpec, wanted: &DatasetSpec) -> bool {
    old.name == new.name
        || (new.formerly.contains(&old.name)
            && wanted.columns.iter().all(|other| other.name != old.name))
}

/// `<name>__<n>`: no name of a model holds two underscores, so nobody will ask for it.
fn free_name(name: &str, taken: &BTreeSet<String>) -> String {
    let stem: String = name.chars().take(55).collect();
    (1..).map(|n| format!("{stem}__{n}")).find(|free| !taken.contains(free)).unwrap_or(stem)
}

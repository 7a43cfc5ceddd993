//! Which fields of a configuration may change when a run goes on.

use serde::Serialize;
use toml::{Table, Value};

use crate::Error;

/// Checks that `now` differs from `before` in nothing but `changeable`: fields by their dotted names, or tables, all fields
/// of which may change.
///
/// # Errors
/// [`Error::FixedField`] for the first other field that differs.
pub(crate) fn only_changes<C: Serialize>(before: &C, now: &C, changeable: &[&str]) -> Result<(), Error> {
    let table = |config: &C| {
        let failed = |reason: toml::ser::Error| Error::Parse {
            source_name: String::new(),
            reason: reason.to_string(),
        };
        Table::try_from(config).map_err(failed)
    };
    match first_change("", &table(before)?, &table(now)?, changeable) {
        None => Ok(()),
        Some((field, before, now)) => {
            Err(Error::FixedField { field, before, now, changeable: changeable.join(", ") })
        }
    }
}

/// Name and both values of the first field below `path` that differs and may not.
fn first_change(
    path: &str,
    before: &Table,
    now: &Table,
    changeable: &[&str],
) -> Option<(String, String, String)> {
    let keys = before.keys().chain(now.keys().filter(|key| !before.contains_key(*key)));
    keys.map(|key| (if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, key))
        .filter(|(field, _)| !changeable.contains(&field.as_str()))
        .find_map(|(field, key)| {
            let nothing = Table::new();
            match (before.get(key), now.get(key)) {
                (before, now) if before == now => None,
                (Some(Value::Table(before)), Some(Value::Table(now))) => {
                    first_change(&field, before, now, changeable)
                }
                (Some(Value::Table(before)), None) => first_change(&field, before, &nothing, changeable),
                (None, Some(Value::Table(now))) => first_change(&field, &nothing, now, changeable),
                (before, now) => Some((field, shown(before), shown(now))),
            }
        })
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| String::from("nothing"), Value::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    #[test]
    fn the_first_field_that_may_not_change_is_named_with_both_values() {
        let before = Config::from_toml("", &[""; 0]).unwrap();
        let check = |settings: &[&str]| {
            let now = Config::from_toml("", settings).unwrap();
            only_changes(&before, &now, &["frames", "evaluation", "ppo.gamma"])
        };
        check(&["frames=5", "evaluation.seed=77", "evaluation.greedy=true", "ppo.gamma=0.5"]).unwrap();
        for (setting, expected) in [
            ("seed=77", "'seed' = 77"),
            ("ppo.clip=0.5", "'ppo.clip' = 0.5"),
            ("environment.level_pool=5", "'environment.level_pool' = 5"),
            ("environment.options.size=7", "'environment.options.size' = 7"),
            ("network.hidden=[8]", "'network.hidden' = [8]"),
        ] {
            let message = check(&["frames=5", setting]).unwrap_err().to_string();
            assert!(message.contains(expected) && message.contains("frames, evaluation"), "{message}");
        }
        let message = check(&["environment.level_pool=5"]).unwrap_err().to_string();
        assert!(message.contains("it is nothing"), "{message}");
    }
}

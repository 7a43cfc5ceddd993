//! Single fields of a configuration given as `table.field=value`.

use serde::{Serialize, de::DeserializeOwned};
use toml::{Table, Value};

use crate::Error;

/// The configuration in the text of `source_name` with `overrides` applied in order. Of any learner: its type says
/// which fields there are.
pub(crate) fn read<C: DeserializeOwned>(
    source_name: &str,
    text: &str,
    overrides: &[impl AsRef<str>],
) -> Result<C, Error> {
    let parse = |reason: toml::de::Error| Error::Parse {
        source_name: source_name.to_owned(),
        reason: reason.to_string().trim_end().to_owned(),
    };
    // Reading the text itself first gives messages with line and column.
    let config = toml::from_str(text).map_err(parse)?;
    let table: Table = toml::from_str(text).map_err(parse)?;
    apply(config, table, overrides)
}

/// [`read`] for learners whose defaults of shared tables differ from those of the tables themselves: what a table of the
/// text leaves out is as in `C::default()`.
pub(crate) fn read_over_defaults<C: Default + Serialize + DeserializeOwned>(
    source_name: &str,
    text: &str,
    overrides: &[impl AsRef<str>],
) -> Result<C, Error> {
    let config: C = read(source_name, text, &[""; 0])?;
    let failed = |reason: String| Error::Parse { source_name: source_name.to_owned(), reason };
    let mut table = Table::try_from(C::default()).map_err(|reason| failed(reason.to_string()))?;
    merge(&mut table, text.parse().map_err(|reason: toml::de::Error| failed(reason.to_string()))?);
    let config = table.clone().try_into().unwrap_or(config);
    apply(config, table, overrides)
}

/// Puts the fields of `over` into `table`, those of tables one by one.
fn merge(table: &mut Table, over: Table) {
    for (key, value) in over {
        match (table.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(value)) => merge(below, value),
            (_, value) => drop(table.insert(key, value)),
        }
    }
}

/// `config`, which is `table`, with `overrides` applied in order.
fn apply<C: DeserializeOwned>(
    mut config: C,
    mut table: Table,
    overrides: &[impl AsRef<str>],
) -> Result<C, Error> {
    for text in overrides {
        let text = text.as_ref();
        insert(&mut table, text).map_err(|reason| error(text, reason))?;
        // Checked one by one, so that the message names the override at fault.
        config = table
            .clone()
            .try_into()
            .map_err(|reason: toml::de::Error| error(text, reason.to_string().trim_end().to_owned()))?;
    }
    Ok(config)
}

fn error(text: &str, reason: String) -> Error {
    Error::Parse { source_name: format!("override '{text}'"), reason }
}

fn insert(table: &mut Table, text: &str) -> Result<(), String> {
    let (path, value) = text
        .split_once('=')
        .ok_or_else(|| String::from("expected field=value, such as ppo.learning_rate=1e-3"))?;
    let mut keys: Vec<&str> = path.split('.').map(str::trim).collect();
    let last = keys.pop().filter(|key| !key.is_empty()).ok_or("the field has no name")?;
    let mut place = table;
    for key in keys {
        let entry = place.entry(key).or_insert_with(|| Value::Table(Table::new()));
        place = entry.as_table_mut().ok_or_else(|| format!("'{key}' is a value, not a table of fields"))?;
    }
    place.insert(last.to_owned(), parse_value(value.trim()));
    Ok(())
}

/// A TOML value where the text is one, else the text itself: people type `id=MiniGrid-Empty-5x5-v0`
/// without quotes.
fn parse_value(text: &str) -> Value {
    text.parse::<Value>().unwrap_or_else(|_| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn with(overrides: &[&str]) -> Result<Config, Error> {
        Config::from_toml("", overrides)
    }

    #[test]
    fn a_part_that_is_none_is_answered_with_what_there_is() {
        for part in ["{colours=3}", "{numbers=1,planes=[2]}", "7"] {
            let message = with(&[&format!("network.parts.view=[{part}]")]).unwrap_err().to_string();
            assert!(message.contains("{ tiles = COUNT"), "{part}: {message}");
        }
    }

    #[test]
    fn numbers_text_lists_and_nested_tables_are_understood() {
        let config = with(&[
            "ppo.learning_rate=3e-4",
            "environment.id=MiniGrid-Empty-5x5-v0",
            "network.hidden = [32, 16]",
            "environment.options.size=7",
            "seed=9",
            "evaluation.greedy=true",
        ])
        .unwrap();
        assert_eq!(config.ppo.learning_rate, 3e-4);
        assert_eq!(config.environment.id, "MiniGrid-Empty-5x5-v0");
        assert_eq!(config.network.hidden, [32, 16]);
        assert_eq!(config.environment.options["size"], pentathlon_gym::OptionValue::Integer(7));
        assert_eq!(config.seed, 9);
        assert!(config.evaluation.greedy);
    }

    #[test]
    fn a_later_override_wins_over_the_file_and_over_an_earlier_one() {
        let config =
            Config::from_toml("seed = 3\n[ppo]\ngamma = 0.5", &["ppo.gamma=0.6", "ppo.gamma=0.7"]).unwrap();
        assert_eq!((config.seed, config.ppo.gamma), (3, 0.7));
    }

    #[test]
    fn unknown_fields_and_wrong_types_name_the_override() {
        let message = with(&["ppo.learning_rat=1"]).unwrap_err().to_string();
        assert!(message.contains("ppo.learning_rat=1") && message.contains("learning_rate"), "{message}");
        let message = with(&["ppo.epochs=many"]).unwrap_err().to_string();
        assert!(message.contains("ppo.epochs=many"), "{message}");
        assert!(with(&["seed"]).is_err() && with(&["=3"]).is_err() && with(&["seed.x=3", "seed=1"]).is_err());
    }
}

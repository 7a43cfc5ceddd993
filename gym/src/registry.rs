//! Registered environment ids and how a batch of each is built. An id that is not registered is
//! answered with those that look like it.

use std::collections::BTreeMap;

use crate::{BuildOptions, EnvSpec, Error, VectorEnv};

/// Builds a batch of a registered id.
pub type Constructor = fn(&EnvSpec, &BuildOptions) -> Result<Box<dyn VectorEnv>, Error>;

/// Most ids that are suggested for an unknown one.
const SUGGESTIONS: usize = 3;
/// Least similarity (1 is equal) of a suggested id.
const SIMILAR: f64 = 0.6;
/// Longest text that is compared with the registered ids; anything longer is no typing error.
const LONGEST_COMPARED: usize = 200;

/// Environment ids with their specifications and constructors.
#[derive(Clone, Default)]
pub struct Registry {
    entries: BTreeMap<String, (EnvSpec, Constructor)>,
}

impl Registry {
    /// A registry without ids.
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers `spec.id`.
    ///
    /// # Errors
    /// [`Error::DuplicateId`] when it is registered already.
    pub fn register(&mut self, spec: EnvSpec, constructor: Constructor) -> Result<(), Error> {
        if self.entries.contains_key(&spec.id) {
            return Err(Error::DuplicateId(spec.id));
        }
        self.entries.insert(spec.id.clone(), (spec, constructor));
        Ok(())
    }

    /// The specification of `id`.
    ///
    /// # Errors
    /// [`Error::UnknownId`] with the nearest registered ids.
    pub fn get(&self, id: &str) -> Result<&EnvSpec, Error> {
        self.entry(id).map(|(spec, _)| spec)
    }

    /// Builds a batch of `id`.
    ///
    /// # Errors
    /// An unknown id, option or observation, no environment at all, or what the constructor finds wrong.
    pub fn make(&self, id: &str, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
        let (spec, constructor) = self.entry(id)?;
        spec.check_build(options)?;
        constructor(spec, options)
    }

    /// All ids in alphabetical order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// All specifications in the order of their ids.
    pub fn specs(&self) -> impl ExactSizeIterator<Item = &EnvSpec> {
        self.entries.values().map(|(spec, _)| spec)
    }

    /// Number of ids.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no id is registered.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The registered ids that look like `id`, nearest first, at most three. Case, punctuation, a
    /// missing version and a missing discipline hardly count.
    pub fn nearest(&self, id: &str) -> Vec<String> {
        if id.len() > LONGEST_COMPARED {
            return Vec::new();
        }
        let mut scored: Vec<(f64, &str)> = self
            .ids()
            .map(|known| (similarity(id, known), known))
            .filter(|(score, _)| *score >= SIMILAR)
            .collect();
        scored.sort_by(|(left, left_id), (right, right_id)| {
            right.total_cmp(left).then_with(|| left_id.cmp(right_id))
        });
        scored.into_iter().take(SUGGESTIONS).map(|(_, known)| known.to_owned()).collect()
    }

    fn entry(&self, id: &str) -> Result<&(EnvSpec, Constructor), Error> {
        self.entries.get(id).ok_or_else(|| Error::UnknownId { id: id.to_owned(), nearest: self.nearest(id) })
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.ids()).finish()
    }
}

/// Letters and digits only, in lower case.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// `id` without its version (`-v0`).
fn without_version(id: &str) -> &str {
    match id.rsplit_once("-v") {
        Some((name, version)) if version.chars().all(|c| c.is_ascii_digit()) => name,
        _ => id,
    }
}

/// How much `id` looks like the registered id `known`, 0 to 1: the best over ways to write `known`.
fn similarity(id: &str, known: &str) -> f64 {
    let asked = letters(without_version(id));
    if asked.is_empty() {
        return 0.0;
    }
    let name = without_version(known);
    let short = name.split_once('-').map_or(name, |(_, rest)| rest);
    [name, short]
        .into_iter()
        .map(|form| {
            let form = letters(form);
            let edits = strsim::normalized_damerau_levenshtein(&asked, &form);
            if form.starts_with(&asked) && asked.len() >= 3 {
                // A beginning of the id, the better the more of it is there.
                edits.max(0.7 + 0.3 * asked.len() as f64 / form.len() as f64)
            } else {
                edits
            }
        })
        .fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{OptionSpec, Space};

    fn spec(id: &str) -> EnvSpec {
        EnvSpec {
            id: id.into(),
            discipline: "minigrid".into(),
            description: String::new(),
            mission: String::new(),
            num_agents: 1,
            action_space: Space::discrete(7),
            action_names: Vec::new(),
            observations: Vec::new(),
            default_observations: Vec::new(),
            max_episode_steps: 100,
            reward_range: (0.0, 1.0),
            subgoals: Vec::new(),
            channels: Vec::new(),
            context: Vec::new(),
            options: vec![OptionSpec {
                name: "view_size".into(),
                default: "7".into(),
                description: String::new(),
            }],
            wgpu: false,
        }
    }

    fn refuse(spec: &EnvSpec, _: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
        Err(Error::Device { device: "native", reason: format!("{} reached its constructor", spec.id) })
    }

    fn registry() -> Registry {
        let mut registry = Registry::new();
        for id in [
            "MiniGrid-DoorKey-5x5-v0",
            "MiniGrid-DoorKey-8x8-v0",
            "MiniGrid-Empty-5x5-v0",
            "MiniGrid-Empty-Random-5x5-v0",
            "MiniGrid-KeyCorridorS3R3-v0",
            "Crafter-v1",
        ] {
            registry.register(spec(id), refuse).expect("a new id");
        }
        registry
    }

    #[test]
    fn what_a_person_types_finds_the_id() {
        let registry = registry();
        for (typed, meant) in [
            ("MiniGrid-DoorKey-8x8", "MiniGrid-DoorKey-8x8-v0"),
            ("minigrid-doorkey-8x8-v0", "MiniGrid-DoorKey-8x8-v0"),
            ("DoorKey-8x8-v0", "MiniGrid-DoorKey-8x8-v0"),
            ("doorkey8x8", "MiniGrid-DoorKey-8x8-v0"),
            ("MiniGrid-DoroKey-8x8-v0", "MiniGrid-DoorKey-8x8-v0"),
            ("keycorridor", "MiniGrid-KeyCorridorS3R3-v0"),
            ("crafter", "Crafter-v1"),
            ("Crafter-v0", "Crafter-v1"),
        ] {
            assert_eq!(registry.nearest(typed).first().map(String::as_str), Some(meant), "{typed}");
        }
    }

    #[test]
    fn an_unknown_id_names_the_nearest() {
        let error = registry().get("MiniGrid-Empty-5x5").unwrap_err().to_string();
        assert!(
            error.starts_with(
                "unknown environment id 'MiniGrid-Empty-5x5'; did you mean MiniGrid-Empty-5x5-v0"
            ),
            "{error}"
        );
        let error = registry().get("CartPole-v1").unwrap_err().to_string();
        assert!(error.ends_with("`pentathlon list` shows all"), "{error}");
    }

    #[test]
    fn an_id_is_registered_once() {
        let mut registry = registry();
        let error = registry.register(spec("Crafter-v1"), refuse).unwrap_err();
        assert!(matches!(error, Error::DuplicateId(id) if id == "Crafter-v1"));
        assert_eq!(registry.len(), 6);
    }

    #[test]
    fn ids_are_in_order() {
        let registry = registry();
        assert!(registry.ids().is_sorted());
        assert!(registry.ids().eq(registry.specs().map(|spec| spec.id.as_str())));
    }

    #[test]
    fn make_checks_names_before_the_constructor_runs() {
        let registry = registry();
        let id = "Crafter-v1";
        let mut build = BuildOptions::default();
        let error = registry.make(id, &build).err().expect("refused").to_string();
        assert!(error.contains("reached its constructor"), "{error}");
        build.options.insert("view_sise".into(), 5.into());
        let error = registry.make(id, &build).err().expect("no such option").to_string();
        assert_eq!(error, "Crafter-v1 has no option 'view_sise'; it has: view_size");
        let build = BuildOptions { observations: vec!["image".into()], ..BuildOptions::default() };
        assert!(matches!(registry.make(id, &build), Err(Error::UnknownObservation { .. })));
        let build = BuildOptions { num_envs: 0, ..BuildOptions::default() };
        assert!(matches!(registry.make(id, &build), Err(Error::InvalidOption { .. })));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(id in "\\PC{0,300}") {
            let registry = registry();
            prop_assert!(registry.nearest(&id).len() <= SUGGESTIONS);
            prop_assert_eq!(registry.get(&id).is_ok(), registry.ids().any(|known| known == id));
        }
    }
}

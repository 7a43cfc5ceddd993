//! What can be observed of a coupled bandit: the levels of its arms, which change, and the arms' features and
//! the constraint's data, which are those of the instance.

use pentathlon_gym::{ElementType, Group, ObservationSpec, Space};

use super::{
    action::components,
    dynamics::Arms,
    feasible::{Family, FeasibleSet},
};

/// The forms of observation, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The level of every arm.
    Levels,
    /// What an arm does and pays.
    ArmFeatures,
    /// What couples the arms.
    Constraint,
}

impl Form {
    /// All forms in the order of the specification.
    pub(super) const ALL: [Self; 3] = [Self::Levels, Self::ArmFeatures, Self::Constraint];

    /// Name by which it is selected.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Levels => "levels",
            Self::ArmFeatures => "arm_features",
            Self::Constraint => "constraint",
        }
    }
}

/// Up-probabilities by number of touching components that were chosen, then rewards by level, of each arm:
/// `[arms, counts + 4]`. Arms that fewer components touch repeat their last probability.
pub(super) fn arm_features(arms: &Arms) -> (Vec<f32>, usize) {
    let counts = (0..arms.len()).map(|arm| arms.up_by_count(arm).len()).max().unwrap_or(1);
    let mut features = Vec::with_capacity(arms.len() * (counts + 4));
    for arm in 0..arms.len() {
        let up = arms.up_by_count(arm);
        features.extend((0..counts).map(|count| up[count.min(up.len() - 1)] as f32));
        features.extend(arms.reward(arm).map(|reward| reward as f32));
    }
    (features, counts + 4)
}

/// The numbers that define the feasible set, and what they are.
pub(super) fn constraint_data(arms: &Arms, set: &FeasibleSet) -> (Vec<f32>, String) {
    let count = arms.len();
    match set.family() {
        Family::AtMost { budget } => (vec![*budget as f32], "the most arms that may be pulled".into()),
        Family::Exactly { budget } => {
            let mut data = vec![*budget as f32];
            for arm in 0..count {
                let touching = arms.touching(arm);
                data.extend((0..set.components()).map(|component| (touching >> component & 1) as f32));
            }
            let text = format!(
                "how many interventions are chosen; then for each of {count} arms 1 for each intervention that \
                 touches it"
            );
            (data, text)
        }
        Family::Walk(walk) => {
            let mut data = vec![walk.budget() as f32, walk.limit() as f32, walk.source() as f32];
            for arm in 0..count {
                let is_edge = |other: &usize| walk.hops(arm, *other) == Some(1);
                data.extend((0..count).map(|other| f32::from(u8::from(is_edge(&other)))));
            }
            let text = "the most arms that may be pulled, the most edges of the walk, its source; then the \
                        adjacency matrix of the graph";
            (data, text.into())
        }
        Family::Slots(slots) => {
            let mut data = vec![slots.budget() as f32, slots.units() as f32];
            data.extend((0..slots.slots()).map(|slot| slots.supply(1 << slot) as f32));
            for arm in 0..count {
                let available = slots.available(arm);
                data.extend((0..slots.slots()).map(|slot| f32::from(available >> slot & 1)));
            }
            let text = "the most arms that may be pulled, the units that a pulled arm needs, the workers \
                        available in each slot; then for each arm 1 for each slot in which it is available";
            (data, text.into())
        }
        Family::Packing(packing) => {
            let costs =
                components(super::action::all_components(count)).map(|arm| packing.costs()[arm] as f32);
            let data = costs.chain(packing.capacities().iter().map(|capacity| *capacity as f32)).collect();
            (data, "the cost of each arm, then the capacities of the workers in ascending order".into())
        }
    }
}

/// The forms as a specification lists them.
pub(super) fn observation_specs(arms: &Arms, set: &FeasibleSet) -> Vec<ObservationSpec> {
    let (features, width) = arm_features(arms);
    let (data, text) = constraint_data(arms, set);
    let bounded = |values: &[f32], shape| Space::Box {
        low: values.iter().copied().fold(0.0, f32::min),
        high: values.iter().copied().fold(1.0, f32::max),
        shape,
        element: ElementType::F32,
    };
    Form::ALL
        .map(|form| {
            let (group, space, description) = match form {
                Form::Levels => (
                    Group::Policy,
                    Space::bytes(0, 3, [arms.len()]),
                    String::from("The level of every arm, 0 to 3."),
                ),
                Form::ArmFeatures => (
                    Group::Privileged,
                    bounded(&features, vec![arms.len(), width]),
                    String::from(
                        "Of every arm: its probability to climb when none, one, ... of the components that \
                         touch it are chosen, then its reward at each of the four levels.",
                    ),
                ),
                Form::Constraint => {
                    (Group::Policy, bounded(&data, vec![data.len()]), format!("The constraint: {text}."))
                }
            };
            ObservationSpec { name: form.name().into(), group, space, description }
        })
        .to_vec()
}

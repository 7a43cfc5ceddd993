//! The best action of a network as a mixed-integer program: the feasible set's own variables and rows, and
//! for every rectified unit that the action may switch a binary variable between its two lines. Any solver
//! that takes rows can maximise it.

use pentathlon_envs::cormab::feasible::{FeasibleSet, Program, Row, Variable};

use super::super::network::{Layer, ReluNetwork};

/// A program whose largest objective is the value of the best action.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkProgram {
    /// Variables and rows; the first variables are the components of the action.
    pub program: Program,
    /// Factors of the objective, one a variable.
    pub objective: Vec<f64>,
    /// What the objective is short of the network's value.
    pub constant: f64,
}

impl NetworkProgram {
    /// The program of `network` at `levels` over `set`. Units that no action switches need no binary variable,
    /// and none at all where they are always off. The bounds of units follow by interval arithmetic.
    pub fn new(set: &FeasibleSet, network: &ReluNetwork, levels: &[u8]) -> Self {
        let mut program = set.program();
        let bounds = network.interval_bounds(levels);
        // The variable of each input, and its constant where it has none.
        let components = (0..network.components()).map(|component| (Some(component), 0.0));
        let states = levels.iter().map(|level| (None, f64::from(*level)));
        let mut inputs: Vec<(Option<usize>, f64)> = components.chain(states).collect();
        let (last, hidden) = network.layers().split_last().expect("a network has a layer");
        for (depth, (layer, [lower, upper])) in hidden.iter().zip(&bounds).enumerate() {
            let unit = |output: usize| {
                let name = format!("{depth}_{output}");
                add_unit(&mut program, &name, &affine(layer, output, &inputs), lower[output], upper[output])
            };
            inputs = (0..layer.outputs).map(unit).collect::<Vec<_>>();
        }
        let (terms, constant) = affine(last, 0, &inputs);
        let mut objective = vec![0.0; program.variables.len()];
        for (variable, factor) in terms {
            objective[variable] += factor;
        }
        Self { program, objective, constant }
    }
}

/// Factors of variables, and a constant.
type Affine = (Vec<(usize, f64)>, f64);

/// The pre-activation of an output of `layer`.
fn affine(layer: &Layer, output: usize, inputs: &[(Option<usize>, f64)]) -> Affine {
    let mut constant = f64::from(layer.biases[output]);
    let mut terms = Vec::new();
    for (input, (variable, value)) in inputs.iter().enumerate() {
        let weight = f64::from(layer.from_input(input)[output]);
        match variable {
            Some(variable) if weight != 0.0 => terms.push((*variable, weight)),
            Some(_) => {}
            None => constant += weight * value,
        }
    }
    (terms, constant)
}

/// Adds a rectified unit of a pre-activation between `lower` and `upper`; answers with its variable, or its value
/// where it has none.
fn add_unit(
    program: &mut Program,
    name: &str,
    (terms, constant): &Affine,
    lower: f64,
    upper: f64,
) -> (Option<usize>, f64) {
    if upper <= 0.0 {
        return (None, 0.0);
    }
    let mut variable = |name: String, lower: f64, upper: f64, integer: bool| {
        program.variables.push(Variable { name, lower, upper, integer });
        program.variables.len() - 1
    };
    let unit = variable(format!("x_{name}"), lower.max(0.0), upper, false);
    // The unit less its pre-activation's terms: the constant where the unit is on.
    let less =
        || std::iter::once((unit, 1.0)).chain(terms.iter().map(|(variable, factor)| (*variable, -factor)));
    if lower >= 0.0 {
        let row =
            Row { name: format!("on_{name}"), terms: less().collect(), lower: *constant, upper: *constant };
        program.rows.push(row);
        return (Some(unit), 0.0);
    }
    let is_on = variable(format!("z_{name}"), 0.0, 1.0, true);
    let mut row = |kind: &str, terms: Vec<(usize, f64)>, lower: f64, upper: f64| {
        program.rows.push(Row { name: format!("{kind}_{name}"), terms, lower, upper });
    };
    row("above", less().collect(), *constant, f64::INFINITY);
    row("below", less().chain([(is_on, -lower)]).collect(), f64::NEG_INFINITY, constant - lower);
    row("off", vec![(unit, 1.0), (is_on, -upper)], f64::NEG_INFINITY, 0.0);
    (Some(unit), 0.0)
}

#[cfg(test)]
mod tests {
    use pentathlon_envs::cormab::{
        action::components,
        generation::{Sizes, generate},
        instance::Problem,
    };
    use pentathlon_gym::seeding::philox::Philox;

    use super::*;

    /// Every action with the true values of units satisfies the program, and the objective is its value;
    /// no unit can be anything else.
    #[test]
    fn the_program_is_the_network() {
        let set = FeasibleSet::new(
            &generate(Problem::Budget, &Sizes { arms: 6, budget: 6, interventions: 0 }, 1).unwrap(),
        );
        let levels = [0, 3, 1, 2, 0, 3];
        for hidden in [&[7, 5][..], &[6], &[]] {
            let network = ReluNetwork::random(6, 6, hidden, &mut Philox::for_level(3, hidden.len() as u32));
            let model = NetworkProgram::new(&set, &network, &levels);
            let variables = &model.program.variables;
            assert_eq!(model.objective.len(), variables.len());
            let mut switches = 0;
            for action in 0..1u128 << 6 {
                let mut values = vec![0.0; variables.len()];
                components(action).for_each(|component| values[component] = 1.0);
                // Variables come in the order of units; each follows from the row that has it first.
                for index in 6..variables.len() {
                    if variables[index].integer {
                        values[index] = f64::from(u8::from(values[index - 1] > 0.0));
                        switches += 1;
                        continue;
                    }
                    let row = model.program.rows.iter().find(|row| row.terms[0].0 == index).unwrap();
                    let rest: f64 = row.terms[1..].iter().map(|(v, factor)| factor * values[*v]).sum();
                    values[index] = (row.lower - rest).max(0.0);
                }
                assert!(model.program.is_satisfied_by(&values, 1e-9), "{action:b} {hidden:?}");
                let objective: f64 = model.objective.iter().zip(&values).map(|(factor, v)| factor * v).sum();
                assert!((objective + model.constant - network.value(&levels, action)).abs() < 1e-9);
                for index in (6..variables.len()).filter(|index| !variables[*index].integer) {
                    let kept = values[index];
                    for wrong in [kept + 0.01, kept - 0.01] {
                        values[index] = wrong;
                        assert!(!model.program.is_satisfied_by(&values, 1e-6), "unit {index} is free");
                    }
                    values[index] = kept;
                }
            }
            assert!(hidden.is_empty() || switches > 0);
        }
    }
}

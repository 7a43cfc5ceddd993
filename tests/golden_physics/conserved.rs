//! What motion without contact conserves: the energy of pendulums, the momentum and energy of a spinning box,
//! the parabola and the spin of a falling robot.

use pentathlon_physics::capacity::rules::{MAX_ACTUATORS, MAX_DOFS};
use pentathlon_physics::layout::Layout;
use pentathlon_physics::native::smooth::{Momentum, SmoothDynamics};
use pentathlon_physics::robots::quadruped;
use pentathlon_physics::vector::rules::Vector3;

use super::cases;
use super::models::{free_box, pendulum, without_actuators};
use super::report::Row;
use super::trajectories::{Chain, FreeBox, Pendulums, Scheme, Trajectory, own_scheme, recorded_scheme, run};

/// All rows.
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(pendulums) = cases::value::<Pendulums>("pendulums.json") {
        for chain in pendulums.chains.values() {
            rows.extend(energy_of_a_pendulum(chain));
        }
    }
    if let Some(recorded) = cases::value::<FreeBox>("free_box.json") {
        rows.extend(spinning_box(&recorded));
    }
    rows.extend(falling_robot(&cases::lines("quadruped_freefall.jsonl")));
    rows
}

fn array(v: Vector3<f64>) -> [f64; 3] {
    [v.x, v.y, v.z]
}

fn distance(a: Vector3<f64>, b: Vector3<f64>) -> f64 {
    array(a).iter().zip(array(b)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// One step without controls.
fn step(dynamics: &mut SmoothDynamics<f64>, scheme: Scheme<f64>) {
    match scheme {
        Scheme::SemiImplicit(integration) => {
            dynamics.step(integration, &mut [0.0; MAX_ACTUATORS], &mut [0.0; MAX_DOFS]);
        }
        Scheme::RungeKutta(timestep) => {
            dynamics.runge_kutta_step(timestep, &mut [0.0; MAX_ACTUATORS], &[0.0; MAX_DOFS]);
        }
    }
}

/// Largest deviations of the energy from its start within the first and the last 5 s of 10 s.
fn energy_errors(layout: &Layout, start: &Trajectory, timestep: f64, scheme: Scheme<f64>) -> [f64; 2] {
    let mut dynamics = SmoothDynamics::<f64>::new(layout);
    dynamics.set_state(&start.qpos0, &start.qvel0);
    let energy = |dynamics: &SmoothDynamics<f64>| dynamics.potential_energy() + dynamics.kinetic_energy();
    let at_start = energy(&dynamics);
    let steps = (10.0 / timestep).round() as usize;
    let mut worst = [0.0_f64; 2];
    for index in 0..steps {
        step(&mut dynamics, scheme);
        dynamics.update();
        let half = usize::from(2 * index >= steps);
        worst[half] = worst[half].max((energy(&dynamics) - at_start).abs());
    }
    worst
}

/// The semi-implicit scheme's error is the listed one and does not grow; Runge and Kutta's is below 1e-6.
fn energy_of_a_pendulum(chain: &Chain) -> Vec<Row> {
    let layout = Layout::new(&pendulum(chain.links)).expect("the recorded model is sound");
    let Some(start) = chain.trajectories.first() else { return Vec::new() };
    let row = |quantity: &str, tolerance| {
        let quantity = format!("{} links, energy error {quantity}, f64", chain.links);
        Row::new("pendulums.json", quantity, tolerance)
    };
    // The motion of long chains amplifies rounding until, after some seconds, it is another one.
    let mut listed = row("within 10 s over the listed one", if chain.links > 2 { 1.5 } else { 1.01 });
    // Peaks of a bounded error differ from one stretch to the next; one that grows faster than with time is found.
    let mut growth = row("of the last 5 s of 10 over the first", 3.0);
    let mut exact = row("within 10 s by Runge-Kutta, 1 ms, J", 1e-6);
    let mut coarse = row("within 10 s by Runge-Kutta, 5 ms, relative", 1e-6);
    let mut dynamics = SmoothDynamics::<f64>::new(&layout);
    dynamics.set_state(&start.qpos0, &start.qvel0);
    let scale = (dynamics.potential_energy() + dynamics.kinetic_energy()).abs();
    for drift in chain.energy_drift.iter().filter(|drift| drift.integrator == "semi_implicit") {
        let scheme = Scheme::SemiImplicit(recorded_scheme(drift.dt));
        let [early, late] = energy_errors(&layout, start, drift.dt, scheme);
        listed.cases += 1;
        listed.difference(early.max(late) / drift.max_abs_energy_error_10s);
        growth.cases += 1;
        growth.difference(late / early);
    }
    let worst = |timestep: f64| {
        let [early, late] = energy_errors(&layout, start, timestep, Scheme::RungeKutta(timestep));
        early.max(late)
    };
    exact.cases += 1;
    exact.difference(worst(0.001));
    coarse.cases += 1;
    coarse.difference(worst(0.005) / scale);
    vec![listed, growth, exact, coarse]
}

/// Kinetic energy and momentum of the box at every recorded sample of `rows` (t, qpos, qvel).
fn conserved_of(layout: &Layout, rows: &[Vec<f64>]) -> Vec<(f64, Momentum<f64>)> {
    let mut dynamics = SmoothDynamics::<f64>::new(layout);
    let coordinates = layout.tree.coordinates as usize;
    rows.iter()
        .map(|row| {
            dynamics.set_state(&row[1..=coordinates], &row[1 + coordinates..]);
            // The world's angular momentum of a free body is that about its centre of mass, turned by nothing.
            (dynamics.kinetic_energy(), dynamics.momentum(0))
        })
        .collect()
}

/// Largest drifts of energy and of angular momentum from the first sample.
fn drifts(samples: &[(f64, Momentum<f64>)]) -> [f64; 2] {
    let (energy, momentum) = samples[0];
    samples.iter().fold([0.0_f64; 2], |[e, l], sample| {
        [e.max((sample.0 - energy).abs()), l.max(distance(sample.1.angular, momentum.angular))]
    })
}

/// When a spin about the axis `dof` (3 to 5) first turns against that of the start within 3 s, in s; `None` where it
/// never does. The recordings are too short for it, so the Runge-Kutta method is the measure.
fn flip(layout: &Layout, start: &Trajectory, dof: usize, scheme: Scheme<f64>) -> Option<f64> {
    let mut dynamics = SmoothDynamics::<f64>::new(layout);
    dynamics.set_state(&start.qpos0, &start.qvel0);
    (1..=3000).map(|step| f64::from(step) * 0.001).find(|_| {
        step(&mut dynamics, scheme);
        dynamics.motion.velocity[dof] * start.qvel0[dof] < 0.0
    })
}

fn spinning_box(recorded: &FreeBox) -> Vec<Row> {
    let layout =
        Layout::new(&free_box(recorded.mass, recorded.inertia)).expect("the recorded model is sound");
    let row = |quantity: &str, tolerance| Row::new("free_box.json", quantity, tolerance);
    let mut linear = row("free box, own scheme, 1 and 5 ms: linear momentum, kg m/s, f64", 1e-12);
    let mut energy = row("free box, own scheme, 1 and 5 ms: drift of energy over the listed one, f64", 1.0);
    let mut spin =
        row("free box, own scheme, 1 and 5 ms: drift of angular momentum over the listed one, f64", 1.0);
    let mut gain = row("free box, own scheme, 1 and 5 ms: relative gain of energy, f64", 1e-9);
    let mut exact = row("free box, Runge-Kutta, 1 ms: energy and momentum, relative, f64", 1e-6);
    let mut flips =
        row("free box about one axis, 3 s: flips about the middle one only, time of it in s, f64", 0.01);
    for trajectory in &recorded.trajectories {
        for (timestep, listed) in
            [(0.001, &trajectory.semi_implicit_1ms), (0.005, &trajectory.semi_implicit_5ms)]
        {
            let scheme = Scheme::SemiImplicit(own_scheme(timestep));
            let found = run::<f64>(&layout, trajectory, listed, scheme);
            let samples = conserved_of(&layout, &found);
            let [energy_drift, spin_drift] = drifts(&samples);
            let [listed_energy, listed_spin] = drifts(&conserved_of(&layout, listed));
            for row in [&mut linear, &mut energy, &mut spin, &mut gain] {
                row.cases += 1;
            }
            energy.difference(energy_drift / listed_energy);
            spin.difference(spin_drift / listed_spin);
            for sample in &samples {
                linear.difference(distance(sample.1.linear, samples[0].1.linear));
                gain.difference((sample.0 / samples[0].0 - 1.0).max(0.0));
            }
        }
        let found = run::<f64>(&layout, trajectory, &trajectory.truth_rk4, Scheme::RungeKutta(0.001));
        let samples = conserved_of(&layout, &found);
        let [energy_drift, spin_drift] = drifts(&samples);
        let size = array(samples[0].1.angular).iter().map(|l| l * l).sum::<f64>().sqrt();
        exact.cases += 1;
        exact.difference(energy_drift / samples[0].0);
        exact.difference(spin_drift / size);
        // Spun about one axis almost alone: about the middle one it turns over, about the others it never does.
        let spins = [3, 4, 5].map(|dof| trajectory.qvel0[dof].abs());
        let Some(axis) =
            (0..3).find(|&axis| (0..3).all(|other| other == axis || spins[axis] > 10.0 * spins[other]))
        else {
            continue;
        };
        let is_middle = (0..3).filter(|&other| recorded.inertia[other] > recorded.inertia[axis]).count() == 1;
        let truth = flip(&layout, trajectory, 3 + axis, Scheme::RungeKutta(0.001));
        let found = flip(&layout, trajectory, 3 + axis, Scheme::SemiImplicit(own_scheme(0.001)));
        flips.cases += 1;
        flips.difference(match (is_middle, truth, found) {
            (true, Some(truth), Some(found)) => (found - truth).abs(),
            (false, None, None) => 0.0,
            _ => f64::INFINITY,
        });
    }
    vec![linear, energy, spin, gain, exact, flips]
}

/// Inner torques change neither the path of the centre of mass nor the angular momentum about it. The truth of
/// the engine's equations shows it directly; the stepping scheme's deviation is of first order, so what is left
/// of two step sizes when that is taken out is as exact.
fn falling_robot(trajectories: &[Trajectory]) -> Vec<Row> {
    let layout = Layout::new(&without_actuators(quadruped())).expect("the quadruped is sound");
    let row = |quantity: &str, tolerance| Row::new("quadruped_freefall.jsonl", quantity, tolerance);
    let mut path = row("quadruped, Runge-Kutta, 1 ms: centre of mass from its parabola in m, f64", 1e-9);
    let mut spin = row("quadruped, Runge-Kutta, 1 ms: change of angular momentum, kg m²/s, f64", 1e-9);
    let mut stepped =
        row("quadruped, semi-implicit without its first order: from the parabola in m, f64", 1e-6);
    let mut turned =
        row("quadruped, semi-implicit without its first order: angular momentum, kg m²/s, f64", 1e-6);
    for trajectory in trajectories {
        let samples = &trajectory.truth_rk4;
        let deviations = |scheme: Scheme<f64>| -> Vec<[[f64; 3]; 2]> {
            let found = conserved_of(&layout, &run::<f64>(&layout, trajectory, samples, scheme));
            let start = found[0].1;
            found
                .iter()
                .zip(samples)
                .map(|(sample, row)| {
                    let t = row[0];
                    let (at, begin) = (array(sample.1.center_of_mass), array(start.center_of_mass));
                    let velocity = array(start.linear).map(|p| p / start.mass);
                    let fall = [0.0, 0.0, -0.5 * 9.81 * t * t];
                    let (spin, first) = (array(sample.1.angular), array(start.angular));
                    [
                        std::array::from_fn(|k| at[k] - begin[k] - velocity[k] * t - fall[k]),
                        std::array::from_fn(|k| spin[k] - first[k]),
                    ]
                })
                .collect()
        };
        for row in [&mut path, &mut spin, &mut stepped, &mut turned] {
            row.cases += 1;
        }
        for [from_parabola, change] in deviations(Scheme::RungeKutta(0.001)) {
            path.absolute(&from_parabola, &[0.0; 3]);
            spin.absolute(&change, &[0.0; 3]);
        }
        let semi_implicit = |timestep| deviations(Scheme::SemiImplicit(recorded_scheme(timestep)));
        let (coarse, fine) = (semi_implicit(0.0001), semi_implicit(0.00005));
        for (coarse, fine) in coarse.iter().zip(&fine) {
            let rest = |quantity: usize| -> [f64; 3] {
                std::array::from_fn(|k| 2.0 * fine[quantity][k] - coarse[quantity][k])
            };
            stepped.absolute(&rest(0), &[0.0; 3]);
            turned.absolute(&rest(1), &[0.0; 3]);
        }
    }
    vec![path, spin, stepped, turned]
}

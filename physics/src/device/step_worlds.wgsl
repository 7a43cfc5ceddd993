// The shell of a control step: one invocation a world. It fetches a world's records, calls the rules for
// every physics step of the control step, and stores what they leave. The text of the rules stands before
// it. Written by hand because wgsl-rs has no local without an initial value, and the working memory of a
// step has no short one.

struct Settings {
    num_worlds: u32,
    substeps: u32,
    sweeps: u32,
    // 1 when every world has parameters of its own, 0 when all share the first.
    own_parameters: u32,
    integration: Integration,
    contact: ContactParameters,
}

struct WorldParameters {
    bodies: Parameters,
    geoms: array<GeomParameters, MAX_GEOMS>,
    limits: JointLimits,
}

struct WorldState {
    motion: Motion,
    memory: ContactMemory,
}

@group(0) @binding(0) var<storage, read> SETTINGS: Settings;
@group(0) @binding(1) var<storage, read> TREE: Tree;
@group(0) @binding(2) var<storage, read> TABLES: ContactTables;
@group(0) @binding(3) var<storage, read> PARAMETERS: array<WorldParameters>;
@group(0) @binding(4) var<storage, read> CONTROLS: array<f32>;
@group(0) @binding(5) var<storage, read> APPLIED: array<f32>;
@group(0) @binding(6) var<storage, read_write> STATES: array<WorldState>;
@group(0) @binding(7) var<storage, read_write> REPORTS: array<StepReport>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn step_worlds(@builtin(global_invocation_id) id: vec3<u32>) {
    let world = id.x;
    if world >= SETTINGS.num_worlds {
        return;
    }
    var tree = TREE;
    var tables = TABLES;
    // Pointers go to whole variables: a pointer into one cannot be passed on in SPIR-V.
    let row = world * SETTINGS.own_parameters;
    var parameters = PARAMETERS[row].bodies;
    var geoms = PARAMETERS[row].geoms;
    var limits = PARAMETERS[row].limits;
    var integration = SETTINGS.integration;
    let contact_parameters = SETTINGS.contact;
    var control: array<f32, MAX_ACTUATORS>;
    for (var i = 0u; i < tree.actuators; i++) {
        control[i] = CONTROLS[world * tree.actuators + i];
    }
    var applied: array<f32, MAX_DOFS>;
    for (var i = 0u; i < tree.dofs; i++) {
        applied[i] = APPLIED[world * tree.dofs + i];
    }
    var motion = STATES[world].motion;
    var memory = STATES[world].memory;
    var report = REPORTS[world];
    var kinematics: Kinematics;
    var factor: ChainMatrix;
    var bias: array<f32, MAX_DOFS>;
    var force: array<f32, MAX_DOFS>;
    var gain: array<f32, MAX_DOFS>;
    var whitened: array<f32, MAX_DOFS>;
    var cloud_a: Cloud;
    var cloud_b: Cloud;
    var contacts: ContactWorkspace;
    begin_report_f32(&tables, &report);
    for (var substep = 0u; substep < SETTINGS.substeps; substep++) {
        note_velocities_f32(&tree, &motion, &report);
        world_step_f32(
            &tree, &tables, &parameters, &geoms, &limits, &integration, contact_parameters, SETTINGS.sweeps,
            &control, &applied, &motion, &memory, &kinematics, &factor, &bias, &force, &gain, &whitened,
            &cloud_a, &cloud_b, &contacts,
        );
        add_contact_impulses_f32(&contacts, &report);
    }
    finish_report_f32(
        &tree, &tables, &motion, integration.timestep, SETTINGS.substeps, &contacts, &report,
    );
    STATES[world].motion = motion;
    STATES[world].memory = memory;
    REPORTS[world] = report;
}

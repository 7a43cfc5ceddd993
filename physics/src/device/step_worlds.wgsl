// The shell of a control step: one invocation a world. It fetches a world's records, calls the rules for
// every physics step of the control step, looking up height layers for them, and stores what they leave. The text of the rules stands before
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

struct SceneLayer {
    frame: LayerFrame,
    // Index of the layer among the shapes.
    geom: u32,
    points_x: u32,
    points_y: u32,
    // Where its heights begin.
    first_height: u32,
    // Its part of the list of shapes.
    first_pair: u32,
    end_pair: u32,
}

// A shape that may touch a layer, and its first slot.
struct LayerPair {
    geom: u32,
    slot: u32,
}

struct Scene {
    tables: ContactTables,
    layer_count: u32,
    layers: array<SceneLayer, MAX_LAYERS>,
    layer_pairs: array<LayerPair, MAX_LAYER_PAIRS>,
    // Heights of all layers, x slowest.
    heights: array<f32>,
}

@group(0) @binding(0) var<storage, read> SETTINGS: Settings;
@group(0) @binding(1) var<storage, read> TREE: Tree;
@group(0) @binding(2) var<storage, read> SCENE: Scene;
@group(0) @binding(3) var<storage, read> PARAMETERS: array<WorldParameters>;
@group(0) @binding(4) var<storage, read> CONTROLS: array<f32>;
@group(0) @binding(5) var<storage, read> APPLIED: array<f32>;
@group(0) @binding(6) var<storage, read_write> STATES: array<WorldState>;
@group(0) @binding(7) var<storage, read_write> REPORTS: array<StepReport>;

// The heights within `reach` of a place, in the layer's coordinates.
fn fill_window(l: u32, center: Vector3, reach: f32, window: ptr<function, HeightWindow>) {
    let frame = SCENE.layers[l].frame;
    let side = min(u32(ceil(2.0 * reach / frame.cell)) + 2u, MAX_WINDOW_SIDE);
    let x = first_line_f32(frame, center.x, reach);
    let y = first_line_f32(frame, center.y, reach);
    window.x = x * frame.cell;
    window.y = y * frame.cell;
    window.cell = frame.cell;
    window.side = side;
    let last = vec2<f32>(f32(SCENE.layers[l].points_x - 1u), f32(SCENE.layers[l].points_y - 1u));
    for (var i = 0u; i < side; i++) {
        for (var j = 0u; j < side; j++) {
            let place = clamp(vec2<f32>(x + f32(i), y + f32(j)), vec2<f32>(0.0), last);
            let at = u32(place.x) * SCENE.layers[l].points_y + u32(place.y);
            window.heights[i * side + j] = SCENE.heights[SCENE.layers[l].first_height + at];
        }
    }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn step_worlds(@builtin(global_invocation_id) id: vec3<u32>) {
    let world = id.x;
    if world >= SETTINGS.num_worlds {
        return;
    }
    var tree = TREE;
    var tables = SCENE.tables;
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
    var window: HeightWindow;
    begin_report_f32(&tables, &report);
    for (var substep = 0u; substep < SETTINGS.substeps; substep++) {
        note_velocities_f32(&tree, &motion, &report);
        begin_world_step_f32(
            &tree, &tables, &parameters, &geoms, &integration, contact_parameters.margin, &control, &applied,
            &motion, &kinematics, &factor, &bias, &force, &gain, &whitened, &cloud_a, &cloud_b, &contacts,
        );
        for (var l = 0u; l < SCENE.layer_count; l++) {
            for (var p = SCENE.layers[l].first_pair; p < SCENE.layers[l].end_pair; p++) {
                let pair = SCENE.layer_pairs[p];
                let frame = SCENE.layers[l].frame;
                let size = geoms[pair.geom].size;
                let kind = tables.geom_kind[pair.geom];
                let pose = pose_in_layer_f32(frame, contacts.placed[pair.geom]);
                if is_clear_f32(kind, size, pose, contact_parameters.margin, frame.top) {
                    continue;
                }
                fill_window(l, pose.position, window_reach_f32(frame, kind, size, contact_parameters.margin), &window);
                let top = window_top_f32(&window);
                if is_clear_f32(kind, size, pose, contact_parameters.margin, top) {
                    continue;
                }
                collide_with_layer_f32(
                    &tables, frame, SCENE.layers[l].geom, pair.geom, pair.slot, size, pose,
                    contact_parameters.margin, &window, &cloud_a, &contacts,
                );
            }
        }
        end_world_step_f32(
            &tree, &tables, &geoms, &limits, &integration, contact_parameters, SETTINGS.sweeps, &motion,
            &memory, &kinematics, &factor, &gain, &whitened, &contacts,
        );
        add_contact_impulses_f32(&contacts, &report);
    }
    finish_report_f32(
        &tree, &tables, &motion, &control, &applied, integration.timestep, SETTINGS.substeps, &contacts, &report,
    );
    STATES[world].motion = motion;
    STATES[world].memory = memory;
    REPORTS[world] = report;
}

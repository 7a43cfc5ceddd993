//! The physics commands from end to end.

use std::fs;

use crate::command::{run, run_in};

#[test]
fn a_drop_becomes_an_animation() {
    let directory = tempfile::tempdir().unwrap();
    for model in ["quadruped", "arm"] {
        let out = format!("{model}.gif");
        let small = ["--seconds", "0.2", "--width", "96", "--height", "72", "--out", &out];
        let arguments = [&["physics", "show", model, "--drop", "0.5"][..], &small].concat();
        let said = run_in(directory.path(), &arguments).succeeded();
        assert!(said.contains("6 frames"), "{said}");
        let bytes = fs::read(directory.path().join(&out)).unwrap();
        assert!(bytes.starts_with(b"GIF89a") && bytes.len() > 2_000, "{} bytes", bytes.len());
    }
}

#[test]
fn a_recording_for_the_viewer_is_written_where_it_is_built_in() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["physics", "show", "quadruped", "--seconds", "0.1", "--out", "drop.rrd"];
    let ended = run_in(directory.path(), &arguments);
    if cfg!(feature = "rerun") {
        ended.succeeded();
        assert!(fs::read(directory.path().join("drop.rrd")).unwrap().starts_with(b"RRF"));
    } else {
        let message = ended.failed(2);
        assert!(message.contains("--features rerun"), "{message}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}

#[test]
fn an_adapter_draws_too() {
    if !pentathlon::engine::wgpu_available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["physics", "show", "arm", "--seconds", "0.1", "--device", "wgpu", "--out", "arm.png"];
    run_in(directory.path(), &arguments).succeeded();
    assert!(fs::read(directory.path().join("arm.png")).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn a_crowd_becomes_a_picture() {
    let directory = tempfile::tempdir().unwrap();
    let arguments =
        ["physics", "show", "quadruped", "--num-worlds", "4", "--control", "random-pd", "--seconds", "0.1"];
    let picture = ["--width", "64", "--height", "64", "--out", "crowd.png"];
    run_in(directory.path(), &[&arguments[..], &picture].concat()).succeeded();
    assert!(fs::read(directory.path().join("crowd.png")).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn a_urdf_file_is_shown_and_what_it_lacks_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let urdf = r#"<robot name="ball"><link name="ball"><inertial><mass value="1"/>
        <inertia ixx="0.01" ixy="0" ixz="0" iyy="0.01" iyz="0" izz="0.01"/></inertial>
        <collision><geometry><sphere radius="0.1"/></geometry></collision></link></robot>"#;
    fs::write(directory.path().join("ball.urdf"), urdf).unwrap();
    fs::write(directory.path().join("can.urdf"), urdf.replace("<sphere", "<cylinder length=\"1\"")).unwrap();
    let show = |file: &str| {
        let size = ["--width", "32", "--height", "32", "--seconds", "0.05", "--floating-base"];
        run_in(directory.path(), &[&["physics", "show", file, "--out", "out.png"][..], &size].concat())
    };
    show("ball.urdf").succeeded();
    let message = show("can.urdf").failed(1);
    assert!(message.contains("<link name=\"ball\">") && message.contains("cylinder"), "{message}");
}

#[test]
fn a_benchmark_reports_its_conditions() {
    for robot in ["quadruped", "arm"] {
        let arguments =
            ["physics", "bench", robot, "--num-worlds", "16", "--steps", "40", "--threads", "2", "--json"];
        let report = run(&arguments).json();
        assert!(report["steps_per_second"].as_f64().unwrap() > 0.0, "{report}");
        assert_eq!((&report["num_worlds"], &report["threads"]), (&16.into(), &2.into()));
        assert_eq!((&report["device"], &report["dt"]), (&"native".into(), &0.005.into()));
        assert!(
            report["solver_iterations"].as_u64().unwrap() > 0
                && report["contacts_mean"].as_f64().unwrap() >= 0.0
        );
    }
}

#[test]
fn mistakes_are_usage_errors_that_say_what_is_allowed() {
    for (arguments, said) in [
        (&["physics", "show", "octopod", "--out", "a.gif"][..], "quadruped, arm"),
        (&["physics", "show", "quadruped", "--out", "a.jpeg"], ".png, .gif or .rrd"),
        (&["physics", "show", "quadruped", "--out", "a.gif", "--drop", "-1"], "--drop"),
        (&["physics", "show", "quadruped", "--out", "a.gif", "--time-step", "1"], "0.05"),
        (&["physics", "show", "quadruped", "--out", "a.png", "--width", "3", "--seconds", "0"], "width is 3"),
        (&["physics", "bench", "octopod"], "quadruped"),
        (&["physics", "bench", "quadruped", "--num-worlds", "0"], "at least 1"),
        (&["physics", "bench", "quadruped", "--num-worlds", "8", "--time-step", "7"], "timestep is 7"),
    ] {
        let message = run(arguments).failed(2);
        assert!(message.contains(said), "{arguments:?}: {message}");
    }
    let message = run(&["physics", "show", "missing.urdf", "--out", "a.gif"]).failed(1);
    assert!(message.contains("missing.urdf"), "{message}");
}

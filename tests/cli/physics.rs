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

#[cfg(unix)]
#[test]
fn an_interrupt_writes_what_was_shown_until_then() {
    use std::{
        process::{Command, Stdio},
        time::{Duration, Instant},
    };

    for (out, begins_with) in [("drop.gif", &b"GIF89a"[..]), ("drop.png", b"\x89PNG")] {
        let directory = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_pentathlon"))
            .args([
                "physics",
                "show",
                "quadruped",
                "--seconds",
                "600",
                "--frame-rate",
                "50",
                "--time-step",
                "0.00002",
            ])
            .args(["--width", "64", "--height", "48", "--out", out])
            .current_dir(directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // An animation is under way when its file has something in it; a picture gives no sign.
        let begin = Instant::now();
        let files = || fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap()).collect::<Vec<_>>();
        let is_under_way = || match out {
            "drop.gif" => files().iter().any(|file| file.metadata().is_ok_and(|file| file.len() > 0)),
            _ => begin.elapsed() > Duration::from_secs(2),
        };
        while !is_under_way() {
            assert!(begin.elapsed() < Duration::from_secs(60), "no frame was written");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let mut message = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut message).unwrap();
        assert!(message.contains("interrupted; saved") && message.contains(out), "{message}");
        assert!(fs::read(directory.path().join(out)).unwrap().starts_with(begins_with));
        assert_eq!(files().len(), 1, "something half written is left");
    }
}

#[test]
fn a_world_that_diverges_is_named_with_its_time_and_what_helps() {
    let directory = tempfile::tempdir().unwrap();
    // A rod that is spun up by its own motor's random torques, without any limit of speed.
    let rod = r#"<mujoco><worldbody><body name="rod"><joint name="axle" axis="0 0 1"/>
        <geom type="capsule" fromto="0 0 0 0.1 0 0" size="0.01" mass="0.000001"/></body></worldbody>
        <actuator><motor name="push" joint="axle"/></actuator></mujoco>"#;
    fs::write(directory.path().join("rod.xml"), rod).unwrap();
    let arguments =
        ["physics", "show", "rod.xml", "--control", "random-pd", "--num-worlds", "3", "--out", "rod.gif"];
    let message = run_in(directory.path(), &arguments).failed(1);
    assert!(message.contains("world 0 ") && message.contains(" at 0.0020 s"), "{message}");
    assert!(message.contains("try a smaller --time-step than 0.002"), "{message}");
    // What led there is what a person wants to see.
    assert!(message.contains("saved what was shown until then in rod.gif"), "{message}");
    assert!(fs::read(directory.path().join("rod.gif")).unwrap().starts_with(b"GIF8"));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2, "something half written is left");
}

#[test]
fn what_was_shown_is_reported_as_json() {
    let directory = tempfile::tempdir().unwrap();
    let small =
        ["--seconds", "0.5", "--frame-rate", "30", "--width", "32", "--height", "32", "--out", "a.gif"];
    let arguments = [&["physics", "show", "arm", "--num-worlds", "2", "--json"][..], &small].concat();
    let report = run_in(directory.path(), &arguments).json();
    assert_eq!((&report["model"], &report["out"]), (&"arm".into(), &"a.gif".into()));
    assert_eq!(
        (&report["frames"], &report["steps"], &report["num_worlds"]),
        (&16.into(), &250.into(), &2.into())
    );
    assert_eq!((&report["dt"], &report["contact_overflow"]), (&0.002.into(), &0.into()));
    assert!((report["seconds"].as_f64().unwrap() - 0.5).abs() < 1e-12, "{report}");
}

#[test]
fn a_file_that_cannot_be_written_is_found_before_the_simulation() {
    let directory = tempfile::tempdir().unwrap();
    for out in ["nowhere/a.png", "nowhere/a.gif"] {
        let begin = std::time::Instant::now();
        let arguments =
            ["physics", "show", "quadruped", "--seconds", "600", "--time-step", "0.00001", "--out", out];
        let message = run_in(directory.path(), &arguments).failed(1);
        assert!(message.contains(out) && message.contains("No such file or directory"), "{message}");
        assert!(message.contains("make the directory first"), "{message}");
        assert!(begin.elapsed() < std::time::Duration::from_secs(30), "{:?}", begin.elapsed());
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
    assert!(message.contains("can.urdf: geom '' of body 'ball' is a cylinder"), "{message}");
    assert!(message.contains("feature `rapier`") && message.contains("--engine rapier"), "{message}");
    let mesh = urdf.replace("<sphere radius=\"0.1\"/>", "<mesh filename=\"parts/ball.stl\"/>");
    fs::write(directory.path().join("mesh.urdf"), mesh).unwrap();
    let message = show("mesh.urdf").failed(1);
    assert!(
        message.contains("mesh.urdf: line 1: <link name=\"ball\">: cannot read the mesh file"),
        "{message}"
    );
    assert!(message.contains("parts/ball.stl"), "{message}");
}

#[test]
fn rapier_shows_what_is_beyond_the_engine_where_it_is_built_in() {
    let directory = tempfile::tempdir().unwrap();
    // A chute of two walls that meet below, as triangles, and a tin above it.
    let chute =
        "v -2 -1 1\nv 2 -1 1\nv -2 0 0\nv 2 0 0\nv -2 1 1\nv 2 1 1\nf 1 2 4\nf 1 4 3\nf 3 4 6\nf 3 6 5\n";
    fs::write(directory.path().join("chute.obj"), chute).unwrap();
    let inertial = r#"<inertial><mass value="1"/><inertia ixx="0.01" ixy="0" ixz="0" iyy="0.01" iyz="0" izz="0.01"/></inertial>"#;
    let urdf = format!(
        r#"<robot name="chute"><link name="chute"><collision><geometry><mesh filename="chute.obj"/></geometry></collision></link>
        <link name="tin">{inertial}<collision><geometry><cylinder radius="0.1" length="0.3"/></geometry></collision></link>
        <joint name="falls" type="floating"><parent link="chute"/><child link="tin"/><origin xyz="0 0.3 1"/></joint></robot>"#
    );
    fs::write(directory.path().join("chute.urdf"), urdf).unwrap();
    let egg = r#"<mujoco><worldbody><geom type="plane" size="0 0 1"/><body pos="0 0 0.5"><freejoint/>
        <geom type="ellipsoid" size="0.1 0.1 0.2"/></body></worldbody></mujoco>"#;
    fs::write(directory.path().join("egg.xml"), egg).unwrap();
    let show = |model: &str, out: &str| {
        let size = ["--width", "64", "--height", "48", "--seconds", "0.4", "--engine", "rapier", "--json"];
        let arguments = [&["physics", "show", model, "--num-worlds", "2", "--out", out][..], &size].concat();
        run_in(directory.path(), &arguments)
    };
    for (model, out, begins_with) in [
        ("chute.urdf", "chute.png", &b"\x89PNG"[..]),
        ("egg.xml", "egg.gif", b"GIF89a"),
        ("quadruped", "quadruped.gif", b"GIF89a"),
    ] {
        let ended = show(model, out);
        if cfg!(feature = "rapier") {
            let report = ended.json();
            assert_eq!((&report["engine"], &report["steps"]), (&"rapier".into(), &200.into()), "{report}");
            assert!(fs::read(directory.path().join(out)).unwrap().starts_with(begins_with), "{out}");
        } else {
            let message = ended.failed(2);
            assert!(
                message.contains("--engine rapier") && message.contains("--features rapier"),
                "{message}"
            );
            assert!(!directory.path().join(out).exists());
        }
    }
    let native = ["physics", "show", "chute.urdf", "--seconds", "0", "--out", "native.png"];
    let message = run_in(directory.path(), &native).failed(1);
    assert!(message.contains("chute.urdf: geom '' of body 'tin' is a cylinder"), "{message}");
    if cfg!(feature = "rapier") {
        fs::write(
            directory.path().join("flat.xml"),
            egg.replace("size=\"0.1 0.1 0.2\"", "mass=\"1\" size=\"0.1 0 0.2\""),
        )
        .unwrap();
        let message = show("flat.xml", "flat.png").failed(1);
        assert!(message.contains("flat.xml: line 2: <geom>") && message.contains("radius is 0"), "{message}");
    }
}

#[test]
fn an_mjcf_file_decides_its_step_and_what_it_asks_too_much_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let ball = |option: &str, attributes: &str| {
        format!(
            "<mujoco><option {option}/><worldbody><geom type=\"plane\" size=\"0 0 1\"/><body name=\"ball\" pos=\"0 0 1\">\
             <freejoint/><geom size=\"0.1\" {attributes}/></body></worldbody></mujoco>"
        )
    };
    let show = |name: &str, text: String, more: &[&str]| {
        fs::write(directory.path().join(name), text).unwrap();
        let size = ["--width", "32", "--height", "32", "--seconds", "0.05", "--out", "out.png"];
        run_in(directory.path(), &[&["physics", "show", name][..], &size, more].concat())
    };
    show("ball.xml", ball("timestep=\"0.01\"", ""), &[]).succeeded();
    let message = show("slow.xml", ball("timestep=\"0.2\"", ""), &[]).failed(1);
    assert!(message.contains("slow.xml: the timestep of the file") && message.contains("0.05"), "{message}");
    show("slow.xml", ball("timestep=\"0.2\"", ""), &["--time-step", "0.005"]).succeeded();
    let message = show("soft.xml", ball("", "solref=\"0.004 1\""), &[]).failed(1);
    assert!(message.contains("<geom> in <body name=\"ball\">: solref=\"0.004 1\""), "{message}");
    show("soft.xml", ball("", "solref=\"0.004 1\""), &["--ignore-softness"]).succeeded();
    let message = show("odd.xml", ball("", "colour=\"red\""), &[]).failed(1);
    assert!(
        message.contains("odd.xml: line 1: <geom> in <body name=\"ball\">: colour=\"red\" is not"),
        "{message}"
    );
    // One exit code, whichever layer refuses: the loader, the conversion, the engine's checks, its capacities.
    let message = show("flat.xml", ball("", "type=\"box\" name=\"flat\" mass=\"1\""), &[]).failed(1);
    assert!(message.contains("flat.xml: line 1: <geom name=\"flat\">: "), "{message}");
    let bodies: String =
        (0..200).map(|_| "<body pos=\"0 0 9\"><freejoint/><geom size=\"0.1\"/></body>").collect();
    let message =
        show("crowd.xml", format!("<mujoco><worldbody>{bodies}</worldbody></mujoco>"), &[]).failed(1);
    assert!(message.contains("crowd.xml: the model has "), "{message}");
    let message = show("robot.obj", String::new(), &[]).failed(2);
    assert!(message.contains(".urdf or .json"), "{message}");
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
        assert_eq!((&report["substeps"], &report["adapter"]), (&4.into(), &serde_json::Value::Null));
        assert!(
            report["solver_iterations"].as_u64().unwrap() > 0
                && report["contacts_mean"].as_f64().unwrap() > 0.5
        );
    }
}

#[test]
fn rapier_is_measured_where_it_is_built_in() {
    let small = ["--engine", "rapier", "--num-worlds", "4", "--steps", "20", "--json"];
    let ended = run(&[&["physics", "bench", "quadruped"][..], &small].concat());
    if cfg!(feature = "rapier") {
        let report = ended.json();
        assert_eq!(
            (&report["engine"], &report["solver_iterations"]),
            (&"rapier".into(), &4.into()),
            "{report}"
        );
        assert!(report["steps_per_second"].as_f64().unwrap() > 0.0, "{report}");
        let message = run(&["physics", "bench", "arm", "--engine", "rapier", "--device", "wgpu"]).failed(2);
        assert!(message.contains("native device alone"), "{message}");
    } else {
        assert!(ended.failed(2).contains("--features rapier"));
    }
}

#[test]
fn mistakes_are_usage_errors_that_say_what_is_allowed() {
    for (arguments, said) in [
        (&["physics", "show", "octopod", "--out", "a.gif"][..], "quadruped, arm"),
        (&["physics", "show", "quadruped", "--out", "a.jpeg"], ".png, .gif or .rrd"),
        (&["physics", "show", "quadruped", "--out", "a.gif", "--drop", "-1"], "--drop"),
        (&["physics", "show", "quadruped", "--out", "a.gif", "--time-step", "1"], "0.05"),
        (&["physics", "show", "quadruped", "--out", "a.png", "--width", "3", "--seconds", "0"], "16 to 4096"),
        (&["physics", "show", "arm", "--out", "a.png", "--width", "-5"], "16 to 4096"),
        (&["physics", "show", "arm", "--out", "a.png", "--seed", "-1"], "0 to 18446744073709551615"),
        (&["physics", "show", "arm", "--out", "a.png", "--num-worlds", "-1"], "at least 1"),
        (&["physics", "show", "arm", "--out", "a.png", "--frame-rate", "-25"], "1 to 50"),
        (&["physics", "show", "arm", "--out", "a.png", "--frame-rate", "60"], "1 to 50"),
        (&["physics", "show", "arm", "--out", "a.png", "--distance", "1e30"], "at most 10000 m"),
        (&["physics", "show", "arm", "--out", "a.png", "--force-scale", "-1"], "force_scale is -1"),
        (&["physics", "bench", "octopod"], "quadruped"),
        (&["physics", "bench", "arm", "--time-step", "-0.1"], "timestep is -0.1; allowed is 1e-6 to 0.1"),
        (&["physics", "bench", "arm", "--num-worlds", "-1"], "at least 1"),
        (&["physics", "bench", "arm", "--steps", "-1"], "at least 1"),
        (&["physics", "bench", "arm", "--threads", "-1"], "0 to 1024"),
        (&["physics", "bench", "arm", "--seed", "-1"], "0 to 18446744073709551615"),
        (&["physics", "bench", "arm", "--solver-iterations", "-1"], "1 to 1000"),
        (&["physics", "bench", "arm", "--num-worlds", "99999999999"], "4194304"),
        (&["physics", "bench", "quadruped", "--num-worlds", "0"], "at least 1"),
        (&["physics", "bench", "quadruped", "--num-worlds", "8", "--time-step", "7"], "timestep is 7"),
    ] {
        let message = run(arguments).failed(2);
        assert!(message.contains(said), "{arguments:?}: {message}");
    }
    let message = run(&["physics", "show", "missing.urdf", "--out", "a.gif"]).failed(1);
    assert!(message.contains("missing.urdf"), "{message}");
}

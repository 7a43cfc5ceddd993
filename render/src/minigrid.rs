//! Drawing batches of MiniGrid.

use std::sync::{Arc, Mutex, PoisonError};

use pentathlon_engine::{Batch, find_batch};
use pentathlon_envs::minigrid::{
    MiniGrid,
    components::records::{State, UNSEEN},
    render::{Scene, TileAtlas},
};
use pentathlon_gym::VectorEnv;

use crate::{AnsiOptions, Draw, Frame, FrameOptions, RenderError, View, ansi};

/// How to draw `batch`, if it is one of MiniGrid.
pub(crate) fn drawing(batch: &dyn VectorEnv) -> Option<Box<dyn Draw + '_>> {
    find_batch::<MiniGrid>(batch).map(|batch| Box::new(Drawing { batch }) as Box<dyn Draw + '_>)
}

struct Drawing<'a> {
    batch: &'a Batch<MiniGrid>,
}

impl Drawing<'_> {
    /// Calls `draw` with environment `env` as it stands.
    fn with_scene<T>(&self, env: usize, draw: impl FnOnce(&Scene<'_>) -> T) -> Result<T, RenderError> {
        let num_envs = self.num_envs();
        if env >= num_envs {
            return Err(RenderError::NoSuchEnvironment { env, num_envs });
        }
        let (state, items, _): (State, Vec<u32>, _) = self.batch.instance(env)?;
        let settings = self.batch.domain().settings();
        let (width, height) = (settings.width as usize, settings.height as usize);
        let view_size = settings.view_size as usize;
        let cells = self.batch.domain().cells(&items);
        if cells.first() == Some(&UNSEEN) {
            let reason = "the batch was never reset; reset it first".into();
            return Err(RenderError::NoState { env, reason });
        }
        let mut view = vec![UNSEEN; view_size * view_size];
        self.batch.domain().look(&state, &items, &mut view);
        Ok(draw(&Scene { state: &state, cells, width, height, view: &view, view_size }))
    }
}

impl Draw for Drawing<'_> {
    fn num_envs(&self) -> usize {
        self.batch.num_envs()
    }

    fn frame(&self, env: usize, options: &FrameOptions) -> Result<Frame, RenderError> {
        options.check()?;
        let atlas = shared_atlas(options.tile_size);
        self.with_scene(env, |scene| match options.view {
            View::World => {
                let size = (scene.width * options.tile_size, scene.height * options.tile_size);
                Frame::check_size(size.0, size.1)?;
                let mut frame = Frame::filled(size.0, size.1, [0; 3]);
                scene.paint_grid(&atlas, options.highlight, frame.rgb_mut());
                Ok(frame)
            }
            View::Agent => {
                let size = scene.view_size * options.tile_size;
                let mut frame = Frame::filled(size, size, [0; 3]);
                scene.paint_view(&atlas, frame.rgb_mut());
                Ok(frame)
            }
        })?
    }

    fn ansi(&self, env: usize, options: &AnsiOptions) -> Result<String, RenderError> {
        let mission = self.batch.mission(env).unwrap_or_default();
        self.with_scene(env, |scene| ansi::write_scene(scene, &mission, options))
    }
}

/// The atlas of tiles of `size` pixels. The latest few sizes are kept for the life of the process, so
/// that an animation paints each tile once.
pub(crate) fn shared_atlas(size: usize) -> Arc<TileAtlas> {
    const KEPT: usize = 4;
    static ATLASES: Mutex<Vec<Arc<TileAtlas>>> = Mutex::new(Vec::new());
    let mut atlases = ATLASES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(atlas) = atlases.iter().find(|atlas| atlas.tile_size() == size) {
        return Arc::clone(atlas);
    }
    if atlases.len() == KEPT {
        atlases.remove(0);
    }
    let atlas = Arc::new(TileAtlas::new(size));
    atlases.push(Arc::clone(&atlas));
    atlas
}

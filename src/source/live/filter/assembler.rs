//! Classic BPF with labels in place of distances (McCanne and Jacobson 1993; the kernel's `networking/filter`).

/// One step of a program, as the kernel takes it (`struct sock_filter`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// What it does.
    pub code: u16,
    /// Steps to pass over if a comparison holds.
    pub jump_true: u8,
    /// Steps to pass over if it does not.
    pub jump_false: u8,
    /// Its operand.
    pub k: u32,
}

/// Codes of the steps that are used here (`linux/bpf_common.h`): class, size, mode or operation, source.
pub(super) mod code {
    /// Accumulator from a fixed place of the packet: 4, 2 or 1 byte.
    pub const LOAD_WORD: u16 = 0x20;
    pub const LOAD_HALF: u16 = 0x28;
    pub const LOAD_BYTE: u16 = 0x30;
    /// The same from `k` bytes behind the index register.
    pub const LOAD_WORD_AT: u16 = 0x40;
    pub const LOAD_HALF_AT: u16 = 0x48;
    pub const LOAD_BYTE_AT: u16 = 0x50;
    /// Accumulator: a number.
    pub const NUMBER: u16 = 0x00;
    /// Index register: a number, or what was stored.
    pub const INDEX: u16 = 0x01;
    pub const INDEX_STORED: u16 = 0x61;
    /// Accumulator into a store.
    pub const STORE: u16 = 0x02;
    /// Accumulator and a number, or the index register.
    pub const AND: u16 = 0x54;
    pub const ADD: u16 = 0x04;
    pub const SHIFT_LEFT: u16 = 0x64;
    pub const SHIFT_RIGHT: u16 = 0x74;
    pub const ADD_INDEX: u16 = 0x0c;
    pub const JUMP: u16 = 0x05;
    pub const EQUAL: u16 = 0x15;
    pub const GREATER: u16 = 0x25;
    pub const ANY_BIT: u16 = 0x45;
    pub const RETURN: u16 = 0x06;
}

/// Values that are not in the packet but known of it: loads from this place on (`SKF_AD_OFF`).
pub(super) mod ancillary {
    const OFFSET: u32 = -0x1000_i32 as u32;
    pub const PROTOCOL: u32 = OFFSET;
    pub const PACKET_TYPE: u32 = OFFSET + 4;
    pub const HARDWARE: u32 = OFFSET + 28;
}

/// A place in a program that is jumped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label(usize);

/// A program being written.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    steps: Vec<Instruction>,
    /// Where each label is.
    labels: Vec<Option<usize>>,
    /// Jumps whose distance is to be filled in.
    open: Vec<(usize, Label)>,
}

/// Bytes of a packet that are kept: all.
const WHOLE: u32 = 0x0004_0000;

impl Assembler {
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// The label is here.
    pub fn place(&mut self, label: Label) {
        if let Some(place) = self.labels.get_mut(label.0) {
            *place = Some(self.steps.len());
        }
    }

    pub fn step(&mut self, code: u16, k: u32) {
        self.steps.push(Instruction { code, jump_true: 0, jump_false: 0, k });
    }

    /// Goes on at the label.
    pub fn jump(&mut self, label: Label) {
        self.open.push((self.steps.len(), label));
        self.step(code::JUMP, 0);
    }

    /// Goes on at the label if the comparison of the accumulator holds. A comparison itself reaches only 255 steps, so it passes
    /// over a jump, which reaches any.
    pub fn jump_if(&mut self, comparison: u16, k: u32, label: Label) {
        self.steps.push(Instruction { code: comparison, jump_true: 0, jump_false: 1, k });
        self.jump(label);
    }

    /// The packet passes.
    pub fn accept(&mut self) {
        self.step(code::RETURN, WHOLE);
    }

    /// The packet passes if the comparison of the accumulator holds.
    pub fn accept_if(&mut self, comparison: u16, k: u32) {
        self.steps.push(Instruction { code: comparison, jump_true: 0, jump_false: 1, k });
        self.accept();
    }

    /// The packet does not pass.
    pub fn drop(&mut self) {
        self.step(code::RETURN, 0);
    }

    /// The finished program: every label stands behind the jumps to it, as the kernel demands.
    pub fn finish(mut self) -> Vec<Instruction> {
        for (at, label) in self.open {
            let place = self.labels.get(label.0).copied().flatten().unwrap_or(at + 1);
            if let Some(jump) = self.steps.get_mut(at) {
                jump.k = u32::try_from(place.saturating_sub(at + 1)).unwrap_or(0);
            }
        }
        self.steps
    }
}

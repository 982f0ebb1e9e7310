// The package loads a part of itself on first use, and only module workers can.
export default {worker: {format: 'es'}};

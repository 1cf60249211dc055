/** Files that were given: a model, or a slide. By names first; a file that is no slide is looked into. */

interface Named {
  readonly path: string;
}

/** Names that only models have, those that milscope refuses among them: the refusal says which kind it needs. */
const MODEL = /\.(safetensors|pth|pt|ckpt|pkl|onnx|h5|keras)$|(^|\/)(manifest|model)\.json$/i;
/**
 * What else lies in folders of models; shards of TensorFlow.js have no extension where an old converter wrote them. A
 * slide among them makes it a folder of slides.
 */
const COMPANION = /\.(bin|json|md|txt|svg|ya?ml|csv|py)$|(^|\/)(\.[^/]*|LICEN[CS]E|group\d+-shard\d+of\d+)$/i;

/** True where the names are those of a model: one file of weights, or a model's folder. */
export function isNamedLikeModel(files: readonly Named[]): boolean {
  return (
    files.some(({ path }) => MODEL.test(path)) && files.every(({ path }) => MODEL.test(path) || COMPANION.test(path))
  );
}

/** True for a file whose first bytes are those of PyTorch's archive or of safetensors, whatever its name. */
export async function hasWeightsInside(file: Blob): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, 128).arrayBuffer());
  const text = new TextDecoder('latin1').decode(head);
  // The archive's first entry is NAME/data.pkl.
  if (text.startsWith('PK\x03\x04')) return text.includes('/data.pkl');
  if (head.length < 16) return false;
  const headerBytes = new DataView(head.buffer).getBigUint64(0, true);
  return headerBytes > 1n && headerBytes < BigInt(file.size) && /^\{\s*"/.test(text.slice(8));
}

/** What stands where tissue could not be read: grey with diagonal lines, which no tissue looks like. */
export function drawHole(width: number, height: number): ImageBitmap {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context !== null) {
    context.fillStyle = '#d4d4d8';
    context.fillRect(0, 0, width, height);
    context.strokeStyle = '#71717a';
    context.lineWidth = Math.max(1, width / 64);
    context.beginPath();
    for (let x = -height; x < width; x += width / 8) {
      context.moveTo(x, height);
      context.lineTo(x + height, 0);
    }
    context.stroke();
  }
  return canvas.transferToImageBitmap();
}

/** The stylesheet of a portal: the colour that its owner chose, with text that can be read on it. */

/** Relative luminance, as WCAG defines it. */
function luminanceOf(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Black or white: one of both has a contrast of at least 4.5 to any colour. */
export function textOn(colour: string): string {
  return luminanceOf(colour) > 0.179 ? "#000000" : "#ffffff";
}

/** `colour` is "#rrggbb"; anything else gives no rule, so that no stored text becomes a style. */
export function themeOf(colour: string | null): string {
  if (colour === null || !/^#[0-9a-f]{6}$/.test(colour)) return "";
  const button = `background:${colour};border-color:${colour};color:${textOn(colour)}`;
  return `.portal-header{border-top:4px solid ${colour}}.button-primary,.button-primary:hover{${button}}`;
}

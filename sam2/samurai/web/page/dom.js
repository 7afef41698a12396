// The few things that all parts of the page do with elements.

/**
 * The element of index.html with this id.
 * @param {string} id
 * @returns {any} of the kind that index.html says
 */
export const $ = (id) => document.getElementById(id);

/**
 * Make an element. Text never becomes markup.
 * @param {string} tag
 * @param {Record<string, any>} [given] attributes; `text`, and `on...` as listeners
 * @param {...(Node|string)} children
 * @returns {any}
 */
export function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/**
 * An icon of icons.svg.
 * @param {string} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `page/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** @param {Element} button @param {string} name show another icon in a button */
export function setIcon(button, name) {
  button.querySelector("use")?.setAttribute("href", `page/icons.svg#${name}`);
}

/**
 * Run something at most once per picture of the screen.
 * @param {() => void} draw
 * @returns {() => void} asks for it
 */
export function oncePerPicture(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}

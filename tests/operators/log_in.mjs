// log_in.mjs URL NAME [refuse]: a person with a browser, who opens the page, fills in and submits each
// form until there is none left, or presses "Cancel" where that is offered. Fails when the last page
// is an error. Prints the text of the last page.
const [, , start, name, wish] = process.argv;
const cookies = new Map();

function keepCookies(response) {
  for (const cookie of response.headers.getSetCookie()) {
    const [pair] = cookie.split(';');
    cookies.set(pair.slice(0, pair.indexOf('=')), pair);
  }
}

async function open(url, options = {}) {
  const headers = { ...options.headers, cookie: [...cookies.values()].join('; ') };
  const response = await fetch(url, { ...options, headers, redirect: 'manual' });
  keepCookies(response);
  const next = response.headers.get('location');
  if (next) return open(new URL(next, url));
  return { url, status: response.status, text: await response.text() };
}

function attribute(tag, wanted) {
  return tag.match(new RegExp(`\\b${wanted}="([^"]*)"`))?.[1].replaceAll('&amp;', '&');
}

function fieldsOf(form) {
  const fields = new URLSearchParams();
  for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
    const field = attribute(tag, 'name');
    const typed = field === 'login' || field === 'password';
    if (field) fields.set(field, typed ? name : (attribute(tag, 'value') ?? ''));
  }
  return fields;
}

async function follow(page) {
  const cancel = wish === 'refuse' && page.text.match(/<a[^>]*href="([^"]*\/abort)"/);
  if (cancel) return open(new URL(cancel[1], page.url));
  const [form] = page.text.match(/<form[\s\S]*?<\/form>/);
  const action = attribute(form, 'action') ?? page.url;
  return open(new URL(action, page.url), { method: 'POST', body: fieldsOf(form) });
}

let page = await open(start);
for (let pages = 0; page.status < 400 && page.text.includes('<form') && pages < 10; ++pages) {
  page = await follow(page);
}
console.log(page.text.replaceAll(/<style[\s\S]*?<\/style>|<[^>]*>/g, ' ').replaceAll(/\s+/g, ' '));
process.exitCode = page.status < 400 || wish === 'refuse' ? 0 : 1;

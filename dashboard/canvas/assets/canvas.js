export default function ({ data, parentElement }) {
  parentElement.textContent = JSON.stringify(data);
}

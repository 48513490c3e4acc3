import { isObject, memberPath, type FieldError } from '#libs/ledger';
import { attributeFaults, type CloudEvent } from '../cloud-event';

const ATTRIBUTES = ['specversion', 'id', 'source', 'type', 'datacontenttype', 'position'];
const MEMBERS = ['reason', 'headers', 'value'];

/** What the ledger would not have written of a record that stands aside. What the record says is anybody's, and stays so. */
export function asideFaults(event: CloudEvent): FieldError[] {
  const { attributes, data } = event;
  return [
    ...attributeFaults(event).filter(({ rule }) => rule !== 'reserved'),
    ...strangers(attributes, ATTRIBUTES, ''),
    ...(isObject(data) ? strangers(data, MEMBERS, 'data') : []),
    ...(attributes['id'] === attributes['position']
      ? []
      : [{ field: 'id', rule: 'position', message: 'must be that of position' }]),
  ];
}

function strangers(given: object, known: readonly string[], field: string): FieldError[] {
  return Object.keys(given)
    .filter((name) => !known.includes(name))
    .map((name) => ({
      field: memberPath(field, name),
      rule: 'unknown_member',
      message: 'a record that stands aside does not have it',
    }));
}

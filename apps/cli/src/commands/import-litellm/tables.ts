/** The tables of LiteLLM that are read, and no others. */
export const SPEND_LOGS = 'LiteLLM_SpendLogs';
export const USERS = 'LiteLLM_UserTable';
export const TEAMS = 'LiteLLM_TeamTable';
export const MEMBERSHIPS = 'LiteLLM_TeamMembership';
export const KEYS = 'LiteLLM_VerificationToken';
export const DELETED_KEYS = 'LiteLLM_DeletedVerificationToken';
export const DEPRECATED_KEYS = 'LiteLLM_DeprecatedVerificationToken';
export const BUDGETS = 'LiteLLM_BudgetTable';
export const END_USERS = 'LiteLLM_EndUserTable';
export const ORGANIZATIONS = 'LiteLLM_OrganizationTable';
export const TAGS = 'LiteLLM_TagTable';
export const CONFIG = 'LiteLLM_Config';

export const TABLES = [
  SPEND_LOGS,
  USERS,
  TEAMS,
  MEMBERSHIPS,
  KEYS,
  DELETED_KEYS,
  DEPRECATED_KEYS,
  BUDGETS,
  END_USERS,
  ORGANIZATIONS,
  TAGS,
  CONFIG,
] as const;
export type LitellmTable = (typeof TABLES)[number];

// Every numbered API error, in one table: the status, the number clients switch on, and the text.

export interface ApiError {
  readonly code: number;
  readonly errCode: number;
  readonly description: string;
}

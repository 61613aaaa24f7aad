import 'reflect-metadata';
import { Expose, Transform, Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
} from 'class-validator';

const asymmetric = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const;
const symmetric = ['HS256', 'HS384', 'HS512'] as const;

/** A signature algorithm of JWS (RFC 7518, 3.1) that the service can be told to accept. */
export type JwtAlgorithm = (typeof asymmetric)[number] | (typeof symmetric)[number];

/** The algorithms that fit a public key, and those that fit a shared secret. */
export const jwtAlgorithms: {
  readonly asymmetric: readonly JwtAlgorithm[];
  readonly symmetric: readonly JwtAlgorithm[];
} = {
  asymmetric,
  symmetric,
};

const commaSeparated = Transform(({ value }: { value: unknown }) =>
  typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value,
);
const words: Readonly<Record<string, boolean>> = { true: true, false: false };
const boolean = Transform(({ value }: { value: unknown }) =>
  typeof value === 'string' ? (words[value] ?? value) : value,
);
const proxies = Transform(({ value }: { value: unknown }) =>
  typeof value === 'string' ? Number(words[value] ?? value) : value,
);
/** A URL that is asked, or that others ask. */
const isWebUrl = IsUrl(
  { require_tld: false, require_protocol: true, protocols: ['http', 'https'] },
  { message: '$property must be a URL of http or https, such as https://example.com' },
);

/**
 * The configuration, one property a variable of the environment. `readEnvironment` fills it, validates it and holds its
 * rules that concern more than one variable. The README's table documents every variable; a test holds the two equal.
 */
export class Environment {
  @Expose() @IsIn(['development', 'production', 'test']) NODE_ENV = 'development';

  @Expose() @IsOptional() @IsString() @IsNotEmpty() HOST?: string;
  @Expose() @Type(() => Number) @IsInt() @Min(0) @Max(65_535) PORT = 3000;
  @Expose() @IsOptional() @isWebUrl PUBLIC_URL?: string;
  /** Proxies in a row before the service; false is none, true is one. */
  @Expose() @proxies @IsInt() @Min(0) @Max(16) TRUST_PROXY = 0;
  /** Origins as browsers write them: scheme, host and port, no path. */
  @Expose()
  @IsOptional()
  @commaSeparated
  @IsArray()
  @Matches(/^(?:\*|https?:\/\/[a-z\d.[\]:-]+)$/, {
    each: true,
    message: 'CORS_ORIGINS must be origins such as https://app.example.com, separated by commas, or *',
  })
  CORS_ORIGINS?: string[];
  @Expose() @Type(() => Number) @IsInt() @Min(1024) BODY_LIMIT = 1_048_576;
  @Expose() @Type(() => Number) @IsInt() @Min(32_768) BODY_VALUES = 100_000;
  @Expose() @Type(() => Number) @IsInt() @Min(65_536) BODY_MEMORY = 402_653_184;
  @Expose() @Type(() => Number) @IsInt() @Min(1_048_576) ANSWER_MEMORY = 268_435_456;
  @Expose() @Type(() => Number) @IsInt() @Min(1) CONNECTIONS = 10_000;
  @Expose() @Type(() => Number) @IsInt() @Min(1) CONNECTIONS_PER_ADDRESS = 1000;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(300) HEADERS_TIMEOUT = 20;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(3600) REQUEST_TIMEOUT = 300;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(300) STALL_TIMEOUT = 20;
  @Expose() @Type(() => Number) @IsInt() @Min(1) LEAST_RATE = 1024;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(300) STOP_TIMEOUT = 20;

  @Expose()
  @IsString()
  @Matches(/^(?:postgres(?:ql)?:\/\/|(?!\w{2,}:\/\/)).*./, {
    message: 'DATABASE_URL must be the path of a SQLite file, or a URL of PostgreSQL: postgres://user@host/database',
  })
  DATABASE_URL = 'data/profiles.sqlite';
  @Expose()
  @IsOptional()
  @IsString()
  @Matches(/^postgres(?:ql)?:\/\/./, {
    message: 'DATABASE_READ_URL must be a URL of PostgreSQL: postgres://user@standby,standby/database',
  })
  DATABASE_READ_URL?: string;
  @Expose() @IsIn(['eventual', 'all']) DATABASE_READS: 'eventual' | 'all' = 'eventual';
  /** Seconds. */
  @Expose()
  @Type(() => Number)
  @IsNumber({}, { message: '$property must be a number' })
  @Min(0.2)
  @Max(3600)
  DATABASE_READ_LAG = 10;
  @Expose() @boolean @IsBoolean() DATABASE_MIGRATE = true;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(16) DATABASE_READERS = 2;
  @Expose() @IsOptional() @IsString() @IsNotEmpty() DATABASE_PASSWORD?: string;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(200) DATABASE_CONNECTIONS = 10;
  /** False where a pooler shares sessions by transactions. */
  @Expose() @boolean @IsBoolean() DATABASE_PREPARE = true;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(60) DATABASE_CONNECT_TIMEOUT = 5;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(3600) DATABASE_STATEMENT_TIMEOUT = 30;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(3600) DATABASE_TRANSACTION_TIMEOUT = 60;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(10_000) DATABASE_STATEMENTS_PER_CALLER = 500;

  @Expose() @IsIn(['full', 'positions', 'off']) CHANGE_LOG: 'full' | 'positions' | 'off' = 'full';
  /** Days; Microsoft's guidelines ask for links that live for seven. */
  @Expose() @Type(() => Number) @IsInt() @Min(7) @Max(3650) CHANGE_RETENTION = 30;

  @Expose() @IsOptional() @isWebUrl JWKS_URL?: string;
  @Expose()
  @IsOptional()
  @IsString()
  @Matches(/^-----BEGIN /, { message: 'JWT_PUBLIC_KEY must be in PEM' })
  JWT_PUBLIC_KEY?: string;
  @Expose()
  @IsOptional()
  @IsString()
  @Matches(/^.{32,}$/s, { message: 'JWT_SECRET must have at least 32 characters' })
  JWT_SECRET?: string;
  @Expose()
  @IsOptional()
  @commaSeparated
  @IsArray()
  @IsIn([...asymmetric, ...symmetric], { each: true })
  JWT_ALGORITHMS?: JwtAlgorithm[];
  @Expose() @IsOptional() @IsString() @IsNotEmpty() JWT_ISSUER?: string;
  @Expose() @IsOptional() @IsString() @IsNotEmpty() JWT_AUDIENCE?: string;
  @Expose() @Type(() => Number) @IsInt() @Min(0) @Max(300) JWT_CLOCK_TOLERANCE = 5;
  @Expose() @IsString() @IsNotEmpty() TENANT_CLAIM = 'tid';
  @Expose() @IsString() @IsNotEmpty() USER_CLAIM = 'oid';
  @Expose() @IsOptional() @IsString() @IsNotEmpty() SINGLE_TENANT?: string;

  /** Requests in a window, which is in seconds; 0 counts none. */
  @Expose() @Type(() => Number) @IsInt() @Min(0) RATE_LIMIT = 0;
  @Expose() @Type(() => Number) @IsInt() @Min(0) RATE_LIMIT_ANONYMOUS = 0;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(86_400) RATE_LIMIT_WINDOW = 60;

  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(10_000) PAGE_SIZE = 100;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(10_000) MAX_PAGE_SIZE = 1000;
  @Expose() @Type(() => Number) @IsInt() @Min(1024) PAGE_BYTES = 2_097_152;
  @Expose() @Type(() => Number) @IsInt() @Min(65_536) ENTITY_BYTES = 4_194_304;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(100_000) MAX_CHANGES = 1000;
  @Expose() @boolean @IsBoolean() REQUIRE_IF_MATCH = false;

  @Expose() @Type(() => Number) @IsInt() @Min(1) STREAM_BYTES = 67_108_864;
  @Expose() @Type(() => Number) @IsInt() @Min(1) STREAM_BYTES_PER_TENANT = 10_737_418_240;
  /** Minutes. */
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(10_080) STREAM_RETENTION = 10;

  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(1000) BATCH_JSON_REQUESTS = 20;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(100_000) BATCH_MULTIPART_REQUESTS = 1000;
  @Expose() @Type(() => Number) @IsInt() @Min(1024) BATCH_LIMIT = 67_108_864;
  @Expose() @Type(() => Number) @IsInt() @Min(1024) BATCH_MEMORY = 4_194_304;
  @Expose() @Type(() => Number) @IsInt() @Min(4) @Max(1000) BATCH_DEPTH = 72;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(64) BATCH_CONCURRENCY = 4;

  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(64) ASYNC_CONCURRENCY = 2;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(10_000) ASYNC_JOBS = 1000;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(10_000) ASYNC_JOBS_PER_CALLER = 10;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(600) ASYNC_LEASE = 30;
  @Expose() @Type(() => Number) @IsInt() @Min(1) @Max(720) ASYNC_RETENTION = 24;
  @Expose() @Type(() => Number) @IsInt() @Min(65_536) ASYNC_RESULT_BYTES_PER_CALLER = 67_108_864;
  @Expose() @Type(() => Number) @IsInt() @Min(65_536) ASYNC_RESULT_BYTES = 1_073_741_824;

  /** Where it is not said: outside of production. */
  @Expose() @IsOptional() @boolean @IsBoolean() EXPLORER?: boolean;

  /** Port of the metrics; none are kept where it is not said. */
  @Expose() @IsOptional() @Type(() => Number) @IsInt() @Min(0) @Max(65_535) METRICS_PORT?: number;
  /** Whether paths are logged with the keys in them. */
  @Expose() @boolean @IsBoolean() LOG_PATHS = true;
  @Expose() @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']) LOG_LEVEL = 'info';
}

/** The variables whose value may come from a file named by `<NAME>_FILE`, as container platforms hand out secrets. */
export const fileVariables = [
  'JWT_SECRET',
  'JWT_PUBLIC_KEY',
  'DATABASE_URL',
  'DATABASE_READ_URL',
  'DATABASE_PASSWORD',
] as const satisfies (keyof Environment)[];

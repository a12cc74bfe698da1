/** The value of `--name=value`, if it was given. */
export const optionOf = (args: string[], name: string): string | undefined =>
  args.find(arg => arg.startsWith(`--${name}=`))?.slice(`--${name}=`.length)

/** `--name=a,b`: the values. */
export const listOf = (args: string[], name: string) => optionOf(args, name)?.split(',')
